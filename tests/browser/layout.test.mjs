import assert from 'node:assert/strict';
import {after, test} from 'node:test';

import {closeBrowser, ingest, metricHash, PHONE, post, unique, until, WIDE, withPage} from './support.mjs';

after(closeBrowser);

const LONG = `${unique('a.very_long.name')}${'.of/many_parts'.repeat(12)}${'x'.repeat(120)}`;
const PAGES = {
  metrics: {hash: '#/', ready: '.metrics tbody tr'},
  timer: {hash: metricHash({name: LONG, level: 'web', type: 'TIMER'}), ready: '.plot[data-drawn]'},
  gauge: {hash: metricHash({name: 'baskets', type: 'COUNTER'}), ready: '.choices select:has(optgroup[label^="Tick"])'},
  stream: {hash: '#/stream', ready: '.events, .state'},
  definitions: {hash: '#/definitions', ready: 'main table'},
  cluster: {hash: '#/cluster', ready: '.fates'},
  unknown: {hash: '#/nowhere', ready: '.state'},
};

test('nothing is wider than the screen', async () => {
  await ingest(
    {level: 'web', name: LONG, type: 'TIMER', value: 12_345.678},
    {name: LONG, type: 'COUNTER', value: '1'.repeat(18) * 1},
  );
  const basket = {_type: 'basket_filled', _time: '2026-10-01T00:00:00Z'};
  await post('/events', basket, {headers: {'content-type': 'application/json'}});
  await post('/metric/', {code: unique('W').replaceAll('-', '_'), name: LONG});
  // As it grows from the narrowest, and shrinks back to it.
  const widths = [320, PHONE.width, 768, WIDE.width, 2200, 320];
  for (const [name, {hash, ready}] of Object.entries(PAGES)) {
    await withPage(
      hash,
      async (page) => {
        const fits = () => page.evaluate(() => document.documentElement.scrollWidth <= innerWidth);
        await page.locator(ready).first().waitFor();
        assert.ok(await fits(), `${name} is wider than ${widths[0]}`);
        for (const width of widths.slice(1)) {
          await page.setViewportSize({width, height: 800});
          await page.locator(ready).first().waitFor();
          await until(`${name} to be no wider than ${width}`, fits);
        }
      },
      {viewport: {width: widths[0], height: 800}},
    );
  }
});

// WCAG 2: the contrast of two colours, of which Chromium tells "rgb(r, g, b)".
function contrast(a, b) {
  const luminance = (color) => {
    const [red, green, blue] = color
      .match(/[\d.]+/g)
      .map(Number)
      .map((part) => {
        const share = part / 255;
        return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
      });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (light + 0.05) / (dark + 0.05);
}

for (const colorScheme of ['light', 'dark']) {
  test(`can be read in ${colorScheme} colours`, async () => {
    for (const {hash, ready} of Object.values(PAGES)) {
      await withPage(
        hash,
        async (page) => {
          await page.locator(ready).first().waitFor();
          const texts = await page.evaluate(() => {
            const background = (element) => {
              for (let at = element; at; at = at.parentElement) {
                const color = getComputedStyle(at).backgroundColor;
                if (!/, 0\)$/.test(color)) return color;
              }
              return 'rgb(255, 255, 255)';
            };
            return [...document.querySelectorAll('body *')]
              .filter((element) => [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim()))
              .filter((element) => !element.closest(':disabled, .hidden, svg, option'))
              .map((element) => [
                element.textContent.slice(0, 40),
                getComputedStyle(element).color,
                background(element),
              ]);
          });
          assert.ok(texts.length > 5);
          for (const [text, color, on] of texts) {
            assert.ok(contrast(color, on) >= 4.5, `${text}: ${color} on ${on} is ${contrast(color, on).toFixed(2)}`);
          }
          const paper = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
          assert.equal(contrast(paper, 'rgb(0, 0, 0)') < 2, colorScheme === 'dark', paper);
        },
        {colorScheme},
      );
    }
  });
}

test('Tab and Enter reach everything, and one sees where one is', async () => {
  for (const {hash, ready} of Object.values(PAGES)) {
    await withPage(hash, async (page) => {
      await page.locator(ready).first().waitFor();
      const wanted = await page.evaluate(() => {
        const all = [...document.querySelectorAll('a[href], button:not(:disabled), input, select, summary')];
        all.forEach((element, i) => (element.dataset.walk = String(i)));
        return all.length;
      });
      const reached = new Set();
      for (let step = 0; step < wanted * 2 + 20 && reached.size < wanted; ++step) {
        await page.keyboard.press('Tab');
        const [walk, outline] = await page.evaluate(() => {
          const at = document.activeElement;
          return [at?.dataset.walk, at ? getComputedStyle(at).outlineStyle : ''];
        });
        if (walk === undefined) continue;
        assert.notEqual(outline, 'none', `nothing shows the focus of ${walk}`);
        reached.add(walk);
      }
      assert.equal(reached.size, wanted);
    });
  }
});

test('a metric is found and opened without a mouse, and the heading is read', async () => {
  const name = unique('keys');
  await ingest({name, type: 'COUNTER', value: 8});
  await withPage('', async (page) => {
    await page.locator('.metrics').waitFor();
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Skip to the content');
    await page.keyboard.press('Enter');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'main');
    await page.keyboard.press('Tab');
    await page.keyboard.type(name);
    await until('the row', async () => (await page.locator('.metrics tbody tr').count()) === 1);
    for (let i = 0; i < 3; ++i) await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await until('the heading', async () => (await page.evaluate(() => document.activeElement.textContent)) === name);
    await page.getByRole('status').filter({hasText: 'Sum of all time: 8'}).waitFor({state: 'attached'});
  });
});
