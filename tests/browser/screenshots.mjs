// Takes the pictures of docs/dashboard.md: screenshots.mjs FOLDER, of the server that ODOMETER_TEST_URL names.
import {join} from 'node:path';

import {closeBrowser, metricHash, PHONE, until, WIDE, withPage} from './support.mjs';

const folder = process.argv[2];
const PICTURES = [
  {file: 'metrics.png', hash: '#/', ready: '.metrics .spark svg'},
  {
    file: 'timer-dark.png',
    hash: metricHash({level: 'shop', name: 'checkout_ms', type: 'TIMER'}),
    ready: '.plot[data-drawn]',
    colorScheme: 'dark',
    viewport: {...WIDE, height: 1000},
  },
  {file: 'cluster.png', hash: '#/cluster', ready: '.fates', viewport: {...WIDE, height: 1330}},
  {
    file: 'gauge-weeks.png',
    hash: metricHash({level: 'shop', name: 'revenue', type: 'COUNTER'}),
    ready: '.choices select:has(optgroup[label^="Tick"])',
    act: async (page) => {
      await page.locator('.choices select').selectOption({label: 'week in Europe/Berlin'});
      await page.locator('.plot[data-drawn]').waitFor();
    },
  },
  {
    file: 'counter-phone.png',
    hash: metricHash({level: 'shop', name: 'visits', type: 'COUNTER'}),
    ready: '.plot[data-drawn]',
    viewport: PHONE,
  },
];

for (const {file, hash, ready, act, viewport = WIDE, colorScheme} of PICTURES) {
  await withPage(
    hash,
    async (page) => {
      await page.locator(ready).first().waitFor();
      await act?.(page);
      await until('all lines', async () => (await page.locator('.spark:empty').count()) === 0);
      await page.waitForTimeout(1_500); // for a few live points
      await page.screenshot({path: join(folder, file)});
    },
    {viewport, colorScheme},
  );
}
await closeBrowser();
