import assert from 'node:assert/strict';
import {after, test} from 'node:test';

import {closeBrowser, drawn, ingest, metricHash, numberOf, post, track, unique, until, withPage} from './support.mjs';

after(closeBrowser);

const value = async (page) => numberOf(await page.getByTestId('value').innerText());
const points = (page, wanted) => until('points', async () => wanted(await drawn(page)));

test('a counter counts up in the page, and so does its chart', async () => {
  const name = unique('counted');
  await track(name, 5);
  await withPage(metricHash({name, type: 'COUNTER'}), async (page) => {
    await until('the first sum', async () => (await value(page)) === 5);
    await points(page, (count) => count > 0);
    for (let i = 1; i <= 7; ++i) {
      await track(name, 1);
      await until(`sum ${5 + i}`, async () => (await value(page)) === 5 + i);
    }
    // What the buckets of the last hour add up to.
    await page.getByText('Show as a table').click();
    await until('the points to follow', async () => {
      const cells = await page.locator('.as-table td').allInnerTexts();
      return cells.map(numberOf).reduce((a, b) => a + b, 0) === 12;
    });
  });
});

test('the range and the period are what one chooses', async () => {
  const name = unique('chosen');
  const now = Date.now();
  await ingest(...[0, 50, 170, 400].map((minutes) => ({name, type: 'COUNTER', value: 10, ts: now - minutes * 60_000})));
  await withPage(metricHash({name, type: 'COUNTER'}), async (page) => {
    const asked = [];
    page.on('request', (request) => {
      const url = new URL(request.url());
      if (url.pathname === '/read' && url.searchParams.get('type') === 'points')
        asked.push(url.searchParams.get('period'));
    });
    await points(page, (count) => count >= 50 && count <= 61);
    await page.getByRole('button', {name: '6 h'}).click();
    await until('automatic minutes', () => asked.includes('60'));
    await points(page, (count) => count > 165 && count < 180);
    await page.getByLabel('Period').selectOption({label: '1 h'});
    await until('hours', () => asked.at(-1) === '3600');
    await points(page, (count) => count >= 3 && count <= 5);
    await page.getByRole('button', {name: 'All'}).click();
    await points(page, (count) => count >= 7 && count <= 8);
    assert.match(
      await page.locator('.plot').getAttribute('aria-label'),
      /^Sum per 1 h: [78] points from .* highest [12]0/,
    );
  });
});

test('days, weeks and months of a time zone can be chosen, and the tick of a gauge', async () => {
  const order = (time, amount) =>
    post('/events', {_type: 'order_placed', _time: time, amount}, {headers: {'content-type': 'application/json'}});
  // The last hour of June in New York, and the first of July.
  await order('2026-07-01T03:30:00Z', 5);
  await order('2026-07-01T04:30:00Z', 7);
  await order('2026-07-02T04:30:00Z', 9);
  const table = async (page) =>
    (await page.locator('.as-table tbody tr').allInnerTexts()).map((row) => row.replaceAll(/\s+/g, ' '));
  await withPage(
    metricHash({name: 'revenue', type: 'COUNTER'}),
    async (page) => {
      const period = page.locator('.choices select');
      const choose = (option) => period.selectOption(option);
      const title = () => page.locator('.panel h2').first().innerText();
      await until('the sum', async () => (await value(page)) === 21);
      // Longer than the hour that is shown: all there is comes into view.
      await choose({label: 'month in America/New_York'});
      await points(page, (count) => count === 2);
      assert.equal(await title(), 'Sum per month in America/New_York');
      assert.equal(await page.getByRole('button', {name: 'All'}).getAttribute('aria-pressed'), 'true');
      await page.getByText('Show as a table').click();
      assert.deepEqual(await table(page), ['1 Jul 2026 16', '1 Jun 2026 5']);
      // It goes on: what comes is in its place at once.
      await order('2026-07-31T23:00:00Z', 4);
      await until('the new order', async () => (await table(page))[0] === '1 Jul 2026 20');

      const days = async (zone, wanted) => {
        await period
          .locator(`optgroup[label="Calendar, ${zone}"] option`)
          .filter({hasText: '1 day'})
          .getAttribute('value')
          .then(choose);
        await until(`days in ${zone}`, async () => (await title()) === `Sum per day in ${zone}`);
        await until('their sums', async () => (await table(page)).join() === wanted.join());
      };
      await days('UTC', ['31 Jul 2026 4', '2 Jul 2026 9', '1 Jul 2026 12']);
      await days('Asia/Tokyo', ['1 Aug 2026 4', '2 Jul 2026 9', '1 Jul 2026 12']);
      assert.match(await page.locator('.plot').getAttribute('aria-label'), /3 points from 1 Jul 2026 to 1 Aug 2026\./);
    },
    {timezoneId: 'Asia/Tokyo'},
  );
});

test('zooms by buttons and by drawing over the chart, and back', async () => {
  const name = unique('zoomed');
  const now = Date.now();
  await ingest(...Array.from({length: 50}, (_, i) => ({name, type: 'COUNTER', value: 1, ts: now - i * 60_000})));
  await withPage(metricHash({name, type: 'COUNTER'}), async (page) => {
    await points(page, (count) => count >= 49);
    const title = () => page.locator('.panel h2').first().innerText();
    assert.equal(await title(), 'Sum per 1 min');
    await page.getByRole('button', {name: 'Zoom in'}).click();
    await until('finer points', async () => (await title()) === 'Sum per 10 s');
    await page.getByRole('button', {name: 'Reset'}).click();
    await until('the hour', async () => (await title()) === 'Sum per 1 min');
    const box = await page.locator('.u-over').boundingBox();
    await page.mouse.move(box.x + box.width * 0.6, box.y + 40);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.9, box.y + 60, {steps: 5});
    await page.mouse.up();
    await until('finer points', async () => (await title()) === 'Sum per 10 s');
    assert.equal(await page.getByRole('button', {name: '1 h'}).getAttribute('aria-pressed'), 'false');
    await page.getByRole('button', {name: 'Zoom out'}).click();
    await page.getByRole('button', {name: 'Earlier'}).click();
    await page.getByRole('button', {name: 'Later'}).click();
    await page.getByRole('button', {name: 'Reset'}).click();
    await until('the hour', async () => (await title()) === 'Sum per 1 min');
  });
});

test('a timer tells its percentiles', async () => {
  const name = unique('timed');
  await ingest(...Array.from({length: 100}, (_, i) => ({level: 'web', name, type: 'TIMER', value: i + 1})));
  await withPage(metricHash({name, level: 'web', type: 'TIMER'}), async (page) => {
    const tile = async (label) =>
      numberOf(
        await page
          .locator('.tile', {has: page.getByText(label, {exact: true})})
          .locator('dd')
          .innerText(),
      );
    await until('the median', async () => Math.abs((await tile('Median')) - 50) <= 1);
    assert.ok(Math.abs((await tile('p99')) - 99) <= 1);
    assert.equal(await tile('Longest'), 100);
    await points(page, (count) => count === 1 || count === 2);
    assert.match(await page.locator('.plot').getAttribute('aria-label'), /p50: .*; p95: .*; p99: /);
    await ingest({level: 'web', name, type: 'TIMER', value: 1_000});
    await until('the longest to follow', async () => (await tile('Longest')) === 1_000);
  });
});

test('a set tells how many distinct values it has', async () => {
  const name = unique('visitors');
  const visit = (user) => ({level: 'web', name, type: 'SET', value: `user-${user}`});
  await ingest(...Array.from({length: 60}, (_, i) => visit(i % 25)));
  await withPage(metricHash({name, level: 'web', type: 'SET'}), async (page) => {
    const value = async () => numberOf(await page.getByTestId('value').innerText());
    await until('the distinct values', async () => (await value()) === 25);
    await points(page, (count) => count >= 1);
    assert.match(await page.locator('.plot').getAttribute('aria-label'), /distinct: /);
    await ingest(visit(3), visit(25));
    await until('a new one to be counted', async () => (await value()) === 26);
  });
});

test('a meter tells its rates, a gauge its last value', async () => {
  const meter = unique('metered');
  const gauge = unique('gauged');
  await ingest(...Array.from({length: 30}, () => ({name: meter, type: 'METER', value: 1})), {
    name: gauge,
    type: 'GAUGE',
    value: -7.25,
  });
  await withPage(metricHash({name: meter, type: 'METER'}), async (page) => {
    const rate = page.locator('.tile', {has: page.getByText('1 minute', {exact: true})}).locator('dd');
    await until('a rate', async () => numberOf(await rate.innerText()) > 0);
    await points(page, (count) => count === 60);
  });
  await withPage(metricHash({name: gauge, type: 'GAUGE'}), async (page) => {
    await until('the value', async () => (await value(page)) === -7.25);
    await points(page, (count) => count === 1);
    await ingest({name: gauge, type: 'GAUGE', value: 4});
    await until('the new value', async () => (await value(page)) === 4);
    await until('the chart to follow', async () =>
      /last 4\.$/.test(await page.locator('.plot').getAttribute('aria-label')),
    );
  });
});

test('numbers of raw events are a metric too', async () => {
  const name = unique('raw');
  await post('/v1/metrics', {name, value: 3});
  await withPage(metricHash({name, type: 'EVENT'}), async (page) => {
    await until('the sum', async () => (await value(page)) === 3);
    await post('/v1/metrics', {name, value: 4});
    await until('the new sum', async () => (await value(page)) === 7);
  });
});

test('draws ten thousand points, and stays smooth', async () => {
  await withPage(metricHash({name: 'minutes', type: 'COUNTER'}), async (page) => {
    await page.getByRole('button', {name: '7 days'}).click();
    await page.locator('.choices select').selectOption({label: '1 min'});
    await points(page, (count) => count >= 10_000);
    // It is still one that answers.
    const box = await page.locator('.u-over').boundingBox();
    await page.mouse.move(box.x + box.width / 2, box.y + 40);
    await until('the point under the cursor', async () =>
      (await page.locator('.legend').innerText()).includes('sum 1'),
    );
    // What one frame takes while the cursor moves over all of them, and while new points come.
    const frames = await page.evaluate(async () => {
      const over = document.querySelector('.u-over');
      const {left, top, width} = over.getBoundingClientRect();
      const frame = () => new Promise((done) => requestAnimationFrame(done));
      const times = [];
      let last = await frame();
      for (let i = 0; i < 120; ++i) {
        const at = {clientX: left + ((i * 7) % 100) * (width / 100), clientY: top + 40, bubbles: true};
        over.dispatchEvent(new MouseEvent('mousemove', at));
        if (i % 6 === 0) void fetch('/track?key=minutes');
        const now = await frame();
        times.push(now - last);
        last = now;
      }
      return times.sort((a, b) => a - b);
    });
    const [median, worst] = [frames[60], frames[frames.length - 1]].map(Math.round);
    console.log(`10,000 points: a frame takes ${median} ms, at most ${worst} ms`);
    // Ten frames a second, however busy the machine is; what is not busy has sixty.
    assert.ok(median < 100, `a frame takes ${median} ms`);
  });
});

test('says which periods work when one does not, and where the events are', async () => {
  await withPage(
    metricHash({name: 'minutes', type: 'COUNTER'}),
    async (page) => {
      await page.getByRole('button', {name: '30 days'}).click();
      await page.locator('.choices select').selectOption({label: '1 s'});
      assert.match(await page.getByRole('alert').innerText(), /period/);
    },
    {expected: [/400 \(Bad Request\)/]},
  );
  const name = unique('old');
  await ingest({name, type: 'COUNTER', value: 1, ts: '2016-01-02T03:04:05Z'});
  await withPage(metricHash({name, type: 'COUNTER'}), async (page) => {
    await page.getByRole('button', {name: 'Go there'}).click();
    await points(page, (count) => count >= 1);
  });
});

test('a metric that is not there says so', async () => {
  await withPage(metricHash({name: unique('none'), type: 'COUNTER'}), async (page) => {
    await page.getByText('There is no metric of this name.').waitFor();
  });
});
