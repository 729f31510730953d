// What there is to run: cmake/npm_build.py, which fetches the driver, wants something made.
import {readdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';

const tests = readdirSync('.')
  .filter((name) => name.endsWith('.test.mjs'))
  .sort();
writeFileSync(join(process.env.ODOMETER_WEB_OUT, 'tests.txt'), tests.map((name) => `${name}\n`).join(''));
