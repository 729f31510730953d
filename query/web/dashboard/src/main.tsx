// The frame of all pages: where one is, and whether one may be there.
import {render} from 'preact';
import {useEffect, useReducer, useRef, useState} from 'preact/hooks';

import {sections, session} from './api';
import {ClusterPage} from './pages/cluster';
import {DefinitionsPage} from './pages/definitions';
import {LoginPage} from './pages/login';
import {MetricPage} from './pages/metric';
import {MetricsPage} from './pages/metrics';
import {StreamPage} from './pages/stream';
import {Empty, PageHead} from './parts';
import {records} from './records';
import {hrefOf, parseRoute, type Route} from './routes';

function Page({route}: {route: Route}) {
  switch (route.page) {
    case 'metrics':
      return <MetricsPage />;
    case 'metric':
      return <MetricPage name={route.name} level={route.level} type={route.type} />;
    case 'stream':
      return <StreamPage name={route.name} />;
    case 'definitions':
      return <DefinitionsPage code={route.code} />;
    case 'cluster':
      return <ClusterPage />;
    default:
      return (
        <>
          <PageHead title="Nothing here" />
          <Empty title="There is no such page.">
            <a href={hrefOf('')}>To the metrics</a>
          </Empty>
        </>
      );
  }
}

function titleOf(route: Route): string {
  switch (route.page) {
    case 'metrics':
      return 'Metrics';
    case 'metric':
      return route.name;
    case 'stream':
      return 'Stream';
    case 'definitions':
      return route.code || 'Definitions';
    case 'cluster':
      return 'Cluster';
    default:
      return 'Nothing here';
  }
}

function useRoute(): Route {
  const [route, setRoute] = useState(() => parseRoute(location.hash));
  useEffect(() => {
    const follow = (): void => setRoute(parseRoute(location.hash));
    window.addEventListener('hashchange', follow);
    return () => window.removeEventListener('hashchange', follow);
  }, []);
  return route;
}

function App() {
  const route = useRoute();
  const [refused, setRefused] = useState<string | null>(null);
  const [definitions, setDefinitions] = useState(false);
  const [, again] = useReducer((n: number) => n + 1, 0);
  const main = useRef<HTMLElement>(null);
  const first = useRef(true);
  const where = JSON.stringify(route);

  useEffect(() => {
    session.onRefused = (message) => {
      records.stop();
      setRefused(message);
    };
    session.onChange = () => again(undefined);
  }, []);
  useEffect(() => {
    if (refused !== null) return;
    records.start();
    sections().then(
      (found) => setDefinitions(found.definitions),
      () => {},
    );
  }, [refused]);
  useEffect(() => {
    document.title = `${refused !== null ? 'Sign in' : titleOf(route)} – Odometer`;
    // Who listens is told that the page has changed, by its heading.
    if (!first.current) main.current?.querySelector('h1')?.focus({preventScroll: true});
    if (!first.current) window.scrollTo(0, 0);
    first.current = false;
  }, [where, refused !== null]);

  const link = (page: Route['page'], path: string, text: string) => (
    <a
      href={hrefOf(path)}
      {...(route.page === page || (page === 'metrics' && route.page === 'metric')
        ? {'aria-current': 'page' as const}
        : {})}
    >
      {text}
    </a>
  );
  return (
    <>
      <a
        class="skip"
        href="#main"
        onClick={(event) => {
          event.preventDefault();
          main.current?.focus();
        }}
      >
        Skip to the content
      </a>
      <header class="top">
        <a class="brand" href={hrefOf('')}>
          <svg viewBox="0 0 24 24" aria-hidden="true">
            <path d="M4 17a8 8 0 1 1 16 0" />
            <path d="M12 17l4-6" />
          </svg>
          Odometer
        </a>
        {refused === null && (
          <nav aria-label="Pages">
            {link('metrics', '', 'Metrics')}
            {link('stream', 'stream', 'Stream')}
            {definitions && link('definitions', 'definitions', 'Definitions')}
            {link('cluster', 'cluster', 'Cluster')}
            {session.recognised && (
              <a class="sign-out" href="/logout">
                Sign out
              </a>
            )}
          </nav>
        )}
      </header>
      <main id="main" ref={main} tabIndex={-1}>
        {refused !== null ? (
          <LoginPage refused={refused} onDone={() => setRefused(null)} />
        ) : (
          <Page key={route.page} route={route} />
        )}
      </main>
    </>
  );
}

// A token in the address has done its work: the answer that brought this page has set the cookie.
const address = new URL(location.href);
if (address.searchParams.has('x-auth-token')) {
  address.searchParams.delete('x-auth-token');
  history.replaceState(null, '', address);
}

render(<App />, document.getElementById('app')!);
