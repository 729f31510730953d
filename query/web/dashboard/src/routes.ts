// Which page is shown, from the part of the address behind "#": names stay out of the server's log.

export type Route =
  | {page: 'metrics'}
  | {page: 'metric'; name: string; level: string; type: string}
  | {page: 'stream'; name: string}
  | {page: 'definitions'; code: string}
  | {page: 'cluster'}
  | {page: 'unknown'};

export function parseRoute(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?', 2);
  const parameters = new URLSearchParams(query);
  const text = (name: string): string => parameters.get(name) ?? '';
  switch (path) {
    case '':
      return {page: 'metrics'};
    case 'metric':
      return {page: 'metric', name: text('name'), level: text('level'), type: text('type')};
    case 'stream':
      return {page: 'stream', name: text('name')};
    case 'definitions':
      return {page: 'definitions', code: text('code')};
    case 'cluster':
      return {page: 'cluster'};
    default:
      return {page: 'unknown'};
  }
}

export function hrefOf(path: string, parameters: Record<string, string | undefined> = {}): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value) query.append(name, value);
  }
  const text = query.toString();
  return text === '' ? `#/${path}` : `#/${path}?${text}`;
}
