// Imports all that there is to run: one process, and so one browser. cmake/npm_build.py, which fetches the driver, wants something
// made.
import {readdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';

const tests = readdirSync('.')
  .filter((name) => name.endsWith('.test.mjs'))
  .sort();
writeFileSync(
  join(process.env.ODOMETER_WEB_OUT, 'all.mjs'),
  tests.map((name) => `import '../copy/${name}';\n`).join(''),
);
