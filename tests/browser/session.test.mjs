import assert from 'node:assert/strict';
import {after, test} from 'node:test';

import {closeBrowser, post, tokenBase, unique, until, withPage} from './support.mjs';

after(closeBrowser);

const TOKEN = process.env.ODOMETER_TEST_TOKEN;
const WRITE_ONLY = process.env.ODOMETER_TEST_WRITE_TOKEN;
// Before one has signed in every question is refused, and the browser says so.
const REFUSED = [/403 \(Forbidden\)/, /WebSocket connection to .* failed/];
const options = {url: tokenBase, expected: REFUSED};

const signIn = async (page, token) => {
  await page.getByLabel('Token').fill(token);
  await page.getByRole('button', {name: 'Sign in'}).click();
};

test('asks for a token, keeps none, and signs out', async () => {
  const name = unique('tenant');
  await post('/ingest/metrics', {name, type: 'COUNTER', value: 6}, {url: tokenBase, headers: {'x-auth-token': TOKEN}});
  await withPage(
    '',
    async (page, context) => {
      await page.getByRole('heading', {name: 'Sign in'}).waitFor();
      assert.equal(await page.getByRole('navigation').count(), 0);
      for (const wrong of ['nobody', WRITE_ONLY]) {
        await signIn(page, wrong);
        await page.getByText('That token is not known, or may not read.').waitFor();
      }
      await signIn(page, TOKEN);
      await page.getByRole('searchbox').fill(name);
      await until("the org's metric", async () => (await page.locator('td.value').innerText()) === '6');

      const cookies = await context.cookies();
      assert.equal(cookies.length, 1);
      assert.ok(cookies[0].httpOnly && cookies[0].sameSite === 'Strict');
      assert.ok(!cookies[0].value.includes(TOKEN));
      assert.ok(!page.url().includes(TOKEN));
      assert.deepEqual(await page.evaluate(() => [document.cookie, localStorage.length, sessionStorage.length]), [
        '',
        0,
        0,
      ]);

      await page.reload();
      await page.getByText(name).waitFor();
      await page.getByRole('link', {name: 'Sign out'}).click();
      await page.getByRole('heading', {name: 'Sign in'}).waitFor();
      assert.deepEqual(await context.cookies(), []);
    },
    options,
  );
});

test('a token in the address signs in, and leaves the address', async () => {
  await withPage(
    `?x-auth-token=${TOKEN}#/cluster`,
    async (page) => {
      await page.getByText('Balanced', {exact: true}).first().waitFor();
      assert.ok(!page.url().includes(TOKEN));
      assert.match(page.url(), /#\/cluster$/);
      await page.getByRole('link', {name: 'Sign out'}).waitFor();
    },
    {url: tokenBase},
  );
});

test('a session that ends asks for the token again', async () => {
  await withPage(
    `?x-auth-token=${TOKEN}`,
    async (page, context) => {
      await page.getByRole('heading', {name: 'Metrics'}).waitFor();
      await context.clearCookies();
      // The list, which is read again from time to time, may have noticed first: then there is no link to press.
      await page.evaluate(() => {
        location.hash = '#/cluster';
      });
      await page.getByRole('heading', {name: 'Sign in'}).waitFor();
      await signIn(page, TOKEN);
      await page.getByText('Balanced', {exact: true}).first().waitFor();
    },
    options,
  );
});
