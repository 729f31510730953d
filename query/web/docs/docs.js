/* global SwaggerUIBundle */
// The token, if one was in the address, has become a session by now: it need not stay in sight and in the history.
history.replaceState(null, '', location.pathname + location.hash);
SwaggerUIBundle({
  url: 'openapi.json',
  dom_id: '#page',
  deepLinking: true,
  validatorUrl: null, // it would be asked at another address
  defaultModelsExpandDepth: 0,
  tryItOutEnabled: true,
});
