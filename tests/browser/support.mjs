// A page in Chromium that must behave: no error on its console, no request to another host, nothing that its policy
// forbids.
import assert from 'node:assert/strict';
import {setTimeout as sleep} from 'node:timers/promises';

import {chromium} from 'playwright-core';

export const base = process.env.ODOMETER_TEST_URL;
export const tokenBase = process.env.ODOMETER_TEST_TOKEN_URL;
const PATIENCE_MS = 60_000;

export const WIDE = {width: 1280, height: 860};
export const PHONE = {width: 390, height: 800};

let browser;

async function launched() {
  // A sandbox wants rights that root in a container does not have.
  const args = process.getuid() === 0 ? ['--no-sandbox'] : [];
  browser ??= await chromium.launch({executablePath: process.env.ODOMETER_TEST_CHROMIUM ?? '/usr/bin/chromium', args});
  return browser;
}

export async function closeBrowser() {
  await browser?.close();
}

// Runs `body(page, context)` on a page at that address, and looks at what the page complained about. `expected`: patterns
// of complaints that belong to the test.
export async function withPage(
  hash,
  body,
  {url = base, viewport = WIDE, colorScheme = 'light', timezoneId = 'UTC', expected = []} = {},
) {
  const context = await (await launched()).newContext({viewport, colorScheme, locale: 'en-GB', timezoneId});
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  const complaints = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(`uncaught: ${error.message}`));
  page.on('request', (request) => {
    if (new URL(request.url()).host !== new URL(url).host) complaints.push(`asks another host: ${request.url()}`);
  });
  page.on('websocket', (socket) => {
    if (new URL(socket.url()).host !== new URL(url).host) complaints.push(`asks another host: ${socket.url()}`);
  });
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) =>
      console.error(`policy: ${event.violatedDirective}`),
    );
  });
  try {
    await page.goto(`${url}/${hash}`);
    await body(page, context);
    const unexpected = complaints.filter((text) => !expected.some((pattern) => pattern.test(text)));
    assert.deepEqual(unexpected, []);
  } catch (error) {
    const shown = await page
      .locator('body')
      .innerText({timeout: 1_000})
      .catch(() => '');
    const where = `at ${page.url()}; complaints: ${JSON.stringify(complaints)}; it shows:\n${shown.slice(0, 1_500)}`;
    throw new Error(`${error.message}\n${where}`, {cause: error});
  } finally {
    await context.close();
  }
}

// The first value of `look` that is not false, null or undefined.
export async function until(what, look) {
  const end = Date.now() + PATIENCE_MS;
  let last;
  while (Date.now() < end) {
    try {
      const value = await look();
      if (value !== false && value !== null && value !== undefined) return value;
    } catch (error) {
      last = error;
    }
    await sleep(50);
  }
  throw new Error(`waited in vain for ${what}`, {cause: last});
}

async function checked(response) {
  if (!response.ok) throw new Error(`${response.url}: ${response.status} ${await response.text()}`);
  return response;
}

export async function get(path, url = base) {
  return (await checked(await fetch(url + path))).json();
}

export async function post(path, body, {url = base, headers = {}} = {}) {
  return checked(
    await fetch(url + path, {method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body), headers}),
  );
}

export async function track(key, value = 1) {
  await checked(await fetch(`${base}/track?${new URLSearchParams({key, value})}`));
}

// Events of typed metrics, as metrics-ingestion-service takes them.
export async function ingest(...items) {
  await post('/ingest/metrics', items);
}

let names = 0;
// A name that no other test has.
export function unique(name) {
  return `${name}-${process.pid}-${++names}`;
}

export function metricHash({name, level, type}) {
  return `#/metric?${new URLSearchParams({name, ...(level ? {level} : {}), type})}`;
}

// How many points the chart has drawn.
export function drawn(page) {
  return page.locator('.plot').first().getAttribute('data-drawn').then(Number);
}

// "1,234" → 1234
export function numberOf(text) {
  return Number(text.replaceAll(',', ''));
}
