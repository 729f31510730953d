// Asks for a token, which becomes a session that scripts cannot read.
import {useState} from 'preact/hooks';

import {ApiError, logIn} from '../api';

export function LoginPage({refused, onDone}: {refused: string; onDone: () => void}) {
  const [token, setToken] = useState('');
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState('');
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    setFailure('');
    try {
      if (await logIn(token)) {
        setToken('');
        onDone();
      } else {
        setFailure('That token is not known, or may not read.');
      }
    } catch (error) {
      setFailure(error instanceof ApiError ? error.message : 'The server cannot be reached.');
    }
    setBusy(false);
  };
  return (
    <form class="login" onSubmit={(event) => void submit(event)}>
      <h1 tabIndex={-1}>Sign in</h1>
      <p class="muted">This server wants a token. It is sent once, and not kept in this browser.</p>
      <label>
        <span>Token</span>
        <input
          type="password"
          name="token"
          required
          autocomplete="current-password"
          value={token}
          autofocus
          aria-describedby="login-failure"
          onInput={(event) => setToken(event.currentTarget.value)}
        />
      </label>
      <p id="login-failure" class="failure" role="alert">
        {failure || (refused.startsWith('This token') ? refused : '')}
      </p>
      <button type="submit" class="primary" disabled={busy}>
        {busy ? 'Signing in…' : 'Sign in'}
      </button>
    </form>
  );
}
