import assert from 'node:assert/strict';
import {after, test} from 'node:test';

import {closeBrowser, drawn, post, track, unique, until, withPage} from './support.mjs';

after(closeBrowser);

const texts = (page) => page.locator('.events code').allInnerTexts();

test('shows raw events as they were posted, the newest first', async () => {
  const name = unique('streamed');
  const bodies = [
    `{"name": "${name}",  "value": 18446744073709551616.50, "b":1, "a":2}`,
    `{"name":"${name}","value":"<img src=x onerror=window.hit=1>"}`,
    `{"name":"${name}","value":3,"note":"äß 中"}`,
  ];
  await withPage('#/stream', async (page) => {
    await page.getByText('Live', {exact: true}).waitFor();
    for (const [i, body] of bodies.entries()) {
      await post('/v1/metrics', body);
      await until('the event', async () => (await texts(page)).filter((text) => text.includes(name)).length === i + 1);
    }
    const mine = (await texts(page)).filter((text) => text.includes(name));
    assert.deepEqual(mine, [...bodies].reverse());
    assert.ok((await drawn(page)) >= 2, 'numbers are drawn');
    assert.equal(await page.evaluate(() => window.hit), undefined);
    assert.equal(await page.locator('main img').count(), 0);
  });
});

test('pauses, goes on without a gap, and clears', async () => {
  const name = unique('paused');
  await withPage('#/stream', async (page) => {
    await page.getByText('Live', {exact: true}).waitFor();
    await post('/v1/metrics', {name, value: 'first'});
    await until('the first', async () => (await texts(page)).some((text) => text.includes('first')));
    await page.getByRole('button', {name: 'Pause'}).click();
    await post('/v1/metrics', {name, value: 'second'});
    await page.waitForTimeout(1_000);
    assert.ok(!(await texts(page)).some((text) => text.includes('second')));
    await page.getByRole('button', {name: 'Go on'}).click();
    await until('the second', async () => (await texts(page)).some((text) => text.includes('second')));
    await page.getByRole('button', {name: 'Clear'}).click();
    await until('nothing', async () => (await texts(page)).length === 0);
  });
});

test('shows the events of one name, of whatever type', async () => {
  const name = unique('named & co');
  await withPage('#/stream', async (page) => {
    await page.getByLabel('Name').fill(name);
    await page.getByRole('button', {name: 'Watch'}).click();
    await page.getByText('Waiting for the next event of this name…').waitFor();
    await page.getByText('Live', {exact: true}).waitFor();
    await until("the stream to be the name's", async () => {
      await track(name);
      return (await texts(page)).length > 0;
    });
    await track(unique('other'));
    for (const text of await texts(page)) assert.ok(JSON.parse(text).name === name, text);
  });
});
