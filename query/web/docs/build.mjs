// Writes the pages of the OpenAPI document into ODOMETER_WEB_OUT: Swagger UI and Redoc as they come, under names with their
// content's hash, and two small pages that load them. Nothing in them is loaded from another address.
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, parse } from 'node:path';

const out = process.env.ODOMETER_WEB_OUT;
const swagger = 'node_modules/swagger-ui-dist';
const redoc = 'node_modules/redoc';

// Writes it as name.<hash>.ext, which it returns.
function write(name, content) {
  const hash = createHash('sha256').update(content).digest('hex').slice(0, 12);
  const { name: stem, ext } = parse(name);
  const hashed = `${stem}.${hash}${ext}`;
  writeFileSync(join(out, hashed), content);
  return hashed;
}

function text(path) {
  return readFileSync(path, 'utf8').replace(/\n?\/\/# sourceMappingURL=\S+\s*$/, '\n');
}

// Replaces what must be there, once.
function replaceOnce(content, from, to) {
  const parts = content.split(from);
  if (parts.length !== 2) throw new Error(`${parts.length - 1} times instead of once: ${from}`);
  return parts.join(to);
}

// The logo that its page would load.
const redocBundle = replaceOnce(text(`${redoc}/bundles/redoc.standalone.js`), 'src:"https://cdn.redoc.ly/redoc/logo-mini.svg"',
  'src:""');

const files = {
  SWAGGER_JS: write('swagger-ui.js', text(`${swagger}/swagger-ui-bundle.js`)),
  SWAGGER_CSS: write('swagger-ui.css', text(`${swagger}/swagger-ui.css`).replace(/\/\*# sourceMappingURL=.*?\*\/\s*$/, '')),
  ICON: write('favicon.png', readFileSync(`${swagger}/favicon-32x32.png`)),
  DOCS_JS: write('docs.js', text('docs.js')),
  REDOC_JS: write('redoc.js', redocBundle),
  REDOCS_JS: write('redocs.js', text('redocs.js')),
};
for (const page of ['docs.html', 'redocs.html']) {
  writeFileSync(join(out, page), text(page).replace(/%(\w+)%/g, (_, name) => `docs/${files[name]}`));
}

const licences = ['swagger-ui-dist', 'redoc'].map((name) => {
  const { version, license } = JSON.parse(text(`node_modules/${name}/package.json`));
  return `${name} ${version}, ${license}\n\n${text(`node_modules/${name}/LICENSE`)}`;
});
licences.push(text(`${swagger}/NOTICE`), text(`${swagger}/swagger-ui-bundle.js.LICENSE.txt`),
  text(`${redoc}/bundles/redoc.standalone.js.LICENSE.txt`));
writeFileSync(join(out, 'licences.txt'), licences.join('\n\n'));
