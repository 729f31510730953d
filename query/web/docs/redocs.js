/* global Redoc */
// The token, if one was in the address, has become a session by now: it need not stay in sight and in the history.
history.replaceState(null, '', location.pathname + location.hash);
const font = { fontFamily: 'system-ui, sans-serif' };
// Without the search, which wants a worker made of a string.
Redoc.init('openapi.json', {
  disableSearch: true,
  hideDownloadButton: false,
  theme: { typography: { ...font, headings: font } },
}, document.getElementById('page'));
