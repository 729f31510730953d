// Bundles the page into the folder that ODOMETER_WEB_OUT names. Scripts and styles have their content's hash in their names,
// so browsers need not ask for them twice.
import {createHash} from 'node:crypto';
import {copyFileSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';

import {build} from 'esbuild';

const out = process.env.ODOMETER_WEB_OUT ?? 'dist';
mkdirSync(out, {recursive: true});

const bundled = await build({
  entryPoints: {dashboard: 'src/main.tsx', style: 'src/style.css'},
  bundle: true,
  minify: true,
  write: false,
  outdir: out,
  format: 'esm',
  target: ['es2022', 'chrome109', 'firefox115', 'safari16.4'],
  jsx: 'automatic',
  jsxImportSource: 'preact',
  // Licences stay in the bundle.
  legalComments: 'inline',
});

let page = readFileSync('src/index.html', 'utf8');
for (const file of bundled.outputFiles) {
  const name = file.path.split(/[/\\]/).pop();
  const [stem, ending] = name.split('.');
  const hash = createHash('sha256').update(file.contents).digest('hex').slice(0, 12);
  const hashed = `${stem}.${hash}.${ending}`;
  writeFileSync(join(out, hashed), file.contents);
  if (!page.includes(`dashboard/${name}`)) throw new Error(`index.html does not name ${name}`);
  page = page.replace(`dashboard/${name}`, `dashboard/${hashed}`);
}
writeFileSync(join(out, 'index.html'), page);
copyFileSync('src/icon.svg', join(out, 'icon.svg'));
