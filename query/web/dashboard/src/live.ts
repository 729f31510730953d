// Connections that come back by themselves, each time later, until they are closed.

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;

export interface Connection {
  close(): void;
}

export interface Listener {
  onOpen?(): void;
  onText(text: string): void;
  // It broke, or was refused; it is tried again.
  onLost?(): void;
}

class Again {
  private wait = FIRST_WAIT_MS;
  private timer = 0;
  private closed = false;

  opened(): void {
    this.wait = FIRST_WAIT_MS;
  }

  later(connect: () => void): void {
    if (this.closed) return;
    // Spread, so that all pages do not come back at once after a restart.
    this.timer = window.setTimeout(connect, this.wait * (0.75 + Math.random() / 2));
    this.wait = Math.min(this.wait * 2, LONGEST_WAIT_MS);
  }

  close(): void {
    this.closed = true;
    window.clearTimeout(this.timer);
  }
}

export function openSocket(path: string, listener: Listener): Connection {
  const again = new Again();
  let socket: WebSocket;
  const connect = (): void => {
    const address = new URL(path, location.href);
    address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';
    address.hash = '';
    socket = new WebSocket(address);
    socket.onopen = () => {
      again.opened();
      listener.onOpen?.();
    };
    socket.onmessage = (message: MessageEvent<string>) => listener.onText(message.data);
    socket.onclose = () => {
      listener.onLost?.();
      again.later(connect);
    };
  };
  connect();
  return {
    close() {
      again.close();
      socket.onopen = socket.onmessage = socket.onclose = null;
      socket.close();
    },
  };
}

export function openEvents(path: string, listener: Listener & {onGap?(text: string): void}): Connection {
  const again = new Again();
  let source: EventSource;
  const connect = (): void => {
    source = new EventSource(path);
    source.onopen = () => {
      again.opened();
      listener.onOpen?.();
    };
    source.onmessage = (message: MessageEvent<string>) => listener.onText(message.data);
    source.addEventListener('gap', (message) => listener.onGap?.((message as MessageEvent<string>).data));
    source.onerror = () => {
      listener.onLost?.();
      // The browser itself comes back to a stream that broke, but not to one that was refused.
      if (source.readyState === EventSource.CLOSED) again.later(connect);
    };
  };
  connect();
  return {
    close() {
      again.close();
      source.onopen = source.onmessage = source.onerror = null;
      source.close();
    },
  };
}
