import assert from 'node:assert/strict';
import {after, test} from 'node:test';

import {closeBrowser, get, numberOf, post, track, unique, until, withPage} from './support.mjs';

after(closeBrowser);

test('tells partitions, lag and what became of every record', async () => {
  await track(unique('one'));
  await withPage('#/cluster', async (page) => {
    const tile = (label) =>
      page
        .locator('.tile', {has: page.getByText(label, {exact: true})})
        .locator('dd')
        .first();
    await until('coverage', async () => (await tile('Partitions').innerText()) === '6 of 6');
    assert.equal(await tile('Accounting').innerText(), 'Balanced');
    await until('a lag of none', async () => (await tile('Lag').innerText()) === '0');
    await until('health', async () => (await tile('State').innerText()) === 'Healthy');
    await until('all records', async () => {
      const {consumed} = await get('/api/v1/accounting');
      return numberOf(await tile('Consumed').innerText()) === consumed;
    });
    const rows = (title) => page.getByRole('region', {name: title}).locator('tbody tr');
    assert.equal(await rows('Partitions').count(), 4);
    // The source of rules is there by itself, with the version that counts it.
    assert.equal(await rows(/^Source .*\.orders$/).count(), 2);
    await page.getByRole('row', {name: /Rejected: malformed/}).waitFor();
    const fact = (label) => page.locator('.facts div', {has: page.getByText(label, {exact: true})}).locator('dd');
    const before = numberOf(await fact('Events that the rules gave').innerText());
    const basket = {_type: 'basket_filled', _time: '2026-01-01T00:00:00Z'};
    await post('/events', basket, {headers: {'content-type': 'application/json'}});
    await until('its events', async () => numberOf(await fact('Events that the rules gave').innerText()) === before + 2);
    assert.match(await fact('Version of the rules').innerText(), /^[0-9a-f]{16}$/);
    await page.getByText('in all partitions').waitFor();
    // One processor, which has all partitions.
    const {instances} = await get('/api/v1/instances');
    assert.equal(instances.length, 1);
    const orders = instances[0].topics.find(({topic}) => topic.endsWith('.orders'));
    assert.deepEqual(orders.partitions, [0, 1]);
    const [instance] = await rows('Instances').allInnerTexts();
    assert.ok(instance.includes(instances[0].address) && instance.includes('127.0.0.1'), instance);
    assert.ok(instance.includes('.orders 0, 1'), instance);
  });
});

test('tells how far a partition is that is being restored', async () => {
  await withPage('#/', async (page) => {
    // What the server answers while it lasts.
    await page.route('**/api/v1/accounting', async (route) => {
      const response = await route.fetch();
      const json = await response.json();
      assert.deepEqual(json.restoring, []);
      json.partitions = json.partitions.filter(({partition}) => partition !== 2);
      json.restoring = [{partition: 2, progress: 0.437}];
      const headers = {...response.headers(), 'x-odometer-partitions': '5/6'};
      await route.fulfill({response, headers, json});
    });
    await page.getByRole('link', {name: 'Cluster'}).click();
    await page.getByRole('row', {name: /^2 being restored\s+43 %$/}).waitFor();
    await page.getByText('without 2', {exact: true}).waitFor();
  });
});

test('tells limits and alerts of definitions', async () => {
  const code = unique('COLD').replaceAll('-', '_').toUpperCase();
  await post('/metric/', {code, name: 'Cold <b>store</b>', min_reading: -5, max_reading: 8});
  await withPage('#/', async (page) => {
    await page.getByRole('link', {name: 'Definitions'}).click();
    const row = page.getByRole('row', {name: new RegExp(code)});
    await until('no reading', async () => (await row.innerText()).includes('No reading yet'));
    await post(`/metric/${code}`, {reading: 7});
    await until('a good one', async () => (await row.innerText()).includes('Within its limits'));
    await post(`/metric/${code}`, {reading: 11, reading_at: '2020-01-01T00:00:00'});
    await until('an alert', async () => (await row.innerText()).includes('Outside its limits'));
    assert.match(await page.locator('.page-tools').innerText(), /^[1-9]\d* alerts?$/);
    await page.getByRole('link', {name: code}).click();
    await until('the name', async () => (await page.locator('h1').innerText()) === 'Cold <b>store</b>');
    await until('both readings', async () =>
      (await page.locator('.plot').getAttribute('aria-label')).startsWith('Readings: 2 points'),
    );
    const outside = page.getByRole('region', {name: 'Outside the limits'});
    assert.match(await outside.innerText(), /1 Jan 2020, 00:00:00\s+11/);
    await post(`/metric/${code}/deactivate`, '');
    await page.getByText('Inactive').waitFor();
  });
});
