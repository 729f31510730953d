import assert from 'node:assert/strict';
import {after, test} from 'node:test';

import {closeBrowser, ingest, metricHash, track, unique, until, withPage} from './support.mjs';

after(closeBrowser);

const rows = (page) => page.locator('table.metrics tbody tr');

test('lists what there is, and finds it by parts of its name', async () => {
  const name = unique('needle');
  await track(name, 41);
  await ingest({level: 'hay', name, type: 'GAUGE', value: 2.5});
  await withPage('', async (page) => {
    await page.getByRole('searchbox', {name: 'Search'}).fill(`NEEDLE ${name.slice(7)}`);
    await until('both rows', async () => (await rows(page).count()) === 2);
    assert.match(await page.locator('.count').innerText(), /^2 of \d+ metrics$/);
    const gauge = rows(page).filter({hasText: 'hay.'});
    assert.equal(await gauge.locator('td.value').innerText(), '2.5');
    await page.getByLabel('Type').selectOption('COUNTER');
    await until('one row', async () => (await rows(page).count()) === 1);
    assert.equal(await rows(page).locator('td.value').innerText(), '41');
    await until('its line', async () => (await rows(page).locator('svg path').getAttribute('d')).startsWith('M'));
    await page.getByRole('searchbox').fill(`${name} nothing`);
    await page.getByText('No metric has such a name.').waitFor();
  });
});

test('a new metric and a new value appear by themselves', async () => {
  const name = unique('live');
  await withPage('', async (page) => {
    await page.getByText('Live', {exact: true}).waitFor();
    await page.getByRole('searchbox').fill(name);
    await track(name, 1);
    await until('the row', async () => (await rows(page).locator('td.value').innerText()) === '1');
    await track(name, 2);
    await until('the sum', async () => (await rows(page).locator('td.value').innerText()) === '3');
  });
});

test('shows whole numbers with all digits', async () => {
  const name = unique('large');
  await track(name, '18446744073709551615');
  await track(name, '18446744073709551615');
  await withPage('', async (page) => {
    await page.getByRole('searchbox').fill(name);
    await until(
      'all digits',
      async () => (await rows(page).locator('td.value').innerText()) === '36,893,488,147,419,103,230',
    );
  });
});

const HOSTILE = [
  '<img src=x onerror="window.hit=1">',
  '<script>window.hit=1</script>',
  '"><svg/onload=window.hit=1>',
  'javascript:window.hit=1',
  "'-alert(1)-'",
  '{{constructor.constructor("window.hit=1")()}}',
  '</title><script>window.hit=1</script>',
  '__proto__',
];

test('names are text and nothing else', async () => {
  const mark = unique('hostile');
  await ingest(...HOSTILE.map((name) => ({level: `${mark}<b>`, name: `${name} ${mark}`, type: 'COUNTER', value: 1})));
  await withPage('', async (page) => {
    await page.getByRole('searchbox').fill(mark);
    await until('all of them', async () => (await rows(page).count()) === HOSTILE.length);
    const shown = await rows(page).locator('th a').allInnerTexts();
    assert.deepEqual(new Set(shown), new Set(HOSTILE.map((name) => `${mark}<b>.${name} ${mark}`)));
    for (const name of HOSTILE) {
      await page.goto(
        page.url().split('#')[0] + metricHash({name: `${name} ${mark}`, level: `${mark}<b>`, type: 'COUNTER'}),
      );
      await until('the heading', async () => (await page.locator('h1').innerText()) === `${name} ${mark}`);
      await until('the title', async () => (await page.title()) === `${name} ${mark} – Odometer`);
    }
    assert.equal(await page.evaluate(() => window.hit), undefined);
    assert.equal(await page.locator('img, script:not([src]), main b:not(.legend b)').count(), 0);
  });
});

test('a name cannot hide, or turn around what follows', async () => {
  const mark = unique('unseen');
  await ingest({name: `\u202e${mark}\u200b`, type: 'GAUGE', value: 1});
  await withPage('', async (page) => {
    await page.getByRole('searchbox').fill(mark);
    await until('the row', async () => (await rows(page).locator('th').innerText()) === `\\u202e${mark}\\u200b`);
  });
});
