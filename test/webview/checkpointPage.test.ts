import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { ResponseError } from 'vscode-jsonrpc/node';
import type { Progress } from '../../src/core/jobContext';
import * as wire from '../../src/protocol/checkpointView';
import { axeViolations } from './axeViolations';
import { fixtureComparison, fixtureContent, fixtureStatistics, fixtureView } from './fixtureCheckpoint';
import type { OpenedPage } from './openPage';
import { pseudoTexts, untranslated } from './pseudoLocale';
import { themes, type FixtureTheme } from './themes';
import { screenshots, usePages } from './usePages';

const content = fixtureContent();
const single = fixtureContent({ shards: 1 });
const compared = fixtureComparison(content);
const progress: Progress = {
  ...{ message: 'Comparing weights', done: 4e9, total: 32e9 },
  ...{ unit: 'bytes', perSecond: 1e9, secondsLeft: 28 },
};
const running: wire.ComparisonState = {
  ...fixtureComparison(content, 12),
  ...{ work: { kind: 'running', progress }, total: null, uncompared: [] },
};
const failure = {
  message: '/m/model.safetensors, tensor w, byte 1804: data_offsets end at 4004, the file has 3999 bytes of data',
  hint: 'fetch or copy the file again',
};

const drawn: Readonly<Record<string, wire.CheckpointView>> = {
  content: fixtureView(single),
  compared: fixtureView(content, compared),
  running: fixtureView(content, running),
  equal: fixtureView(single, {
    ...{ ...compared, difference: null, tensors: [], uncompared: [] },
    total: { values: 10, changed: 0, nonFinite: 0, changedShare: 0, cosine: 1, relativeL2: 0 },
  }),
  broken: fixtureView({
    ...single,
    problems: ['the weight file model-2.safetensors, named in model.safetensors.index.json, does not exist'],
  }),
  reading: { state: { kind: 'reading', name: 'model.safetensors' }, comparison: null },
  failed: { state: { kind: 'failed', name: 'model.safetensors', failure }, comparison: null },
};

describe('the viewer of checkpoints', function () {
  this.timeout(60_000);
  const pages = usePages('checkpoint');

  interface OpenParams {
    readonly theme?: FixtureTheme;
    readonly width?: number;
    readonly texts?: Readonly<Record<string, string>>;
    readonly handlers?: (opened: OpenedPage) => void;
  }

  async function open(
    view: wire.CheckpointView,
    { theme = themes.dark, width = 1100, handlers, ...others }: OpenParams = {},
  ): Promise<OpenedPage> {
    const opened = await pages.open({ theme, width, ...others });
    opened.connection.onRequest(wire.checkpointReady, () => view);
    opened.connection.onRequest(wire.measureTensor, () => fixtureStatistics);
    handlers?.(opened);
    opened.connection.listen();
    await opened.load();
    await opened.page.locator('h1').waitFor();
    return opened;
  }

  const rows = (page: Page): Locator => page.locator('ald-tensor-table .row');
  const names = (page: Page): Promise<string[]> => page.locator('ald-tensor-table .row .col-name').allInnerTexts();
  const grid = (page: Page): Locator => page.getByRole('grid');

  for (const theme of Object.values(themes)) {
    for (const [name, view] of Object.entries(drawn)) {
      it(`${name} in ${theme.name}: is drawn, and axe has nothing against it`, async () => {
        const { page } = await open(view, { theme });
        if (view.state.kind === 'content') {
          await rows(page).nth(2).click();
          await page.locator('ald-histogram').waitFor();
        }
        await page.screenshot({ path: join(screenshots, `checkpoint-${name}-${theme.name}.png`), fullPage: true });
        assert.deepEqual(await axeViolations(page), []);
      });
    }
  }

  it('says nothing that cannot be translated', async () => {
    const view = fixtureView(
      { ...content, config: null },
      { ...running, uncompared: compared.uncompared, total: compared.total },
    );
    const { page } = await open(view, { texts: pseudoTexts('checkpoint') });
    await rows(page).nth(2).click();
    await page.locator('ald-histogram').waitFor();
    const known = [
      view,
      fixtureStatistics,
      content.files.map(({ name }) => name),
      'Comparing weights ·',
      'BF16 226 · F32',
    ];
    assert.deepEqual(await untranslated(page, known), []);
  });

  it('stays within 250 kB', () => assert.ok(pages.built().bytes < 250_000, `${pages.built().bytes} bytes`));

  it('draws only the rows in view of 10,000, and gets to the last one by keyboard', async () => {
    const large = fixtureContent({ layers: 1111, shards: 1 });
    const begun = performance.now();
    const { page } = await open(fixtureView(large));
    await rows(page).first().waitFor();
    assert.ok(performance.now() - begun < 15_000);
    assert.ok((await rows(page).count()) < 60);
    await page.getByText('10,002 tensors').first().waitFor();
    await grid(page).focus();
    await page.keyboard.press('End');
    await page.locator('[aria-rowindex="10003"]').waitFor();
    assert.equal((await names(page)).at(-1), 'score.weight');
    await page.keyboard.press('ArrowUp');
    assert.equal(await grid(page).getAttribute('aria-activedescendant'), 'row-10000');
    await page.keyboard.press('Home');
    await page.locator('[aria-rowindex="2"]').waitFor();
  });

  it('filters as one types, and sorts layers as numbers, sizes from the largest', async () => {
    const { page } = await open(fixtureView(single));
    await page.getByRole('textbox', { name: 'Filter' }).fill('down_proj bf16');
    await page.getByText('32 of 291 tensors').waitFor();
    const found = await names(page);
    assert.equal(found[2], 'model.layers.2.mlp.down_proj.weight');
    assert.equal(found[10], 'model.layers.10.mlp.down_proj.weight');
    await page.getByRole('textbox', { name: 'Filter' }).fill('');
    await page.getByRole('button', { name: 'Size' }).click();
    assert.equal((await names(page))[0], 'model.embed_tokens.weight');
    await page.getByRole('button', { name: 'Size' }).click();
    assert.deepEqual((await names(page)).slice(0, 2), ['score.weight', 'model.layers.0.input_layernorm.weight']);
    await page.getByRole('textbox', { name: 'Filter' }).fill('nothing like it');
    await page.getByText('No tensor matches.').waitFor();
  });

  it('measures the tensor that is chosen by Enter, once', async () => {
    const asked: string[] = [];
    const { page } = await open(fixtureView(single), {
      handlers: ({ connection }) =>
        connection.onRequest(wire.measureTensor, ({ tensor }) => {
          asked.push(tensor);
          return fixtureStatistics;
        }),
    });
    await grid(page).focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.getByText('87.2400').waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.locator('.details h2').getByText('model.layers.0.mlp.down_proj.weight').waitFor();
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('Enter');
    await page.locator('.details h2').getByText('model.layers.0.input_layernorm.weight').waitFor();
    await page.waitForTimeout(100);
    assert.deepEqual(asked, ['model.layers.0.input_layernorm.weight', 'model.layers.0.mlp.down_proj.weight']);
    const selected = await page.locator('ald-tensor-table .row[aria-selected="true"] .col-name').innerText();
    assert.equal(selected, 'model.layers.0.input_layernorm.weight');
  });

  it('tells how far a measurement is, stops it, and offers it again', async () => {
    let finish = (): void => undefined;
    const { page, connection } = await open(fixtureView(single), {
      handlers: (opened) => {
        opened.connection.onRequest(
          wire.measureTensor,
          () => new Promise<null>((resolve) => (finish = () => resolve(null))),
        );
        opened.connection.onRequest(wire.stopMeasuring, () => {
          finish();
          return null;
        });
      },
    });
    await rows(page).first().click();
    await page.getByRole('button', { name: 'Stop' }).waitFor();
    const tensor = 'model.embed_tokens.weight';
    await connection.sendNotification(wire.showMeasuring, { tensor, progress: { message: '', done: 1, total: 4 } });
    await page.locator('[aria-valuenow="25"]').waitFor();
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByRole('button', { name: 'Measure' }).waitFor();
  });

  it('says what a tensor has that it should not, and why it cannot be measured', async () => {
    let fails = false;
    const { page } = await open(fixtureView(single), {
      handlers: ({ connection }) =>
        connection.onRequest(wire.measureTensor, () =>
          fails ? new ResponseError(1, 'values of the kind I2 cannot be read') : { ...fixtureStatistics, nan: 7 },
        ),
    });
    await rows(page).first().click();
    await page.locator('dd.flag').getByText('7').waitFor();
    fails = true;
    await rows(page).nth(1).click();
    await page.getByRole('alert').getByText('values of the kind I2 cannot be read').waitFor();
  });

  it('shows a comparison as it goes on: largest differences first, a layer on request, and closes it', async () => {
    const asked: string[] = [];
    const { page, connection } = await open(fixtureView(content), {
      handlers: (opened) => {
        for (const type of [wire.compareCheckpoint, wire.stopComparing, wire.dropComparison]) {
          opened.connection.onRequest(type, (): null => {
            asked.push(type.method);
            return null;
          });
        }
      },
    });
    await page.getByRole('button', { name: 'Compare With…' }).click();
    await connection.sendNotification(wire.showComparison, { comparison: running });
    await page.getByText('1.00 GB/s').waitFor();
    await connection.sendNotification(wire.showComparing, { progress: { ...progress, done: 16e9 } });
    await page.locator('[aria-valuenow="50"]').waitFor();
    await page.getByRole('button', { name: 'Stop' }).click();
    await connection.sendNotification(wire.showComparison, { comparison: compared });
    await page.getByRole('progressbar').waitFor({ state: 'detached' });
    const distances = (await page.locator('.row .col-relativeL2').allInnerTexts()).map(Number);
    assert.deepEqual(
      distances,
      distances.toSorted((a, b) => b - a),
    );
    await page.locator('ald-heat-map [data-row="1"][data-column="3"]').click();
    await page.getByText('9 of 291 tensors').waitFor();
    assert.ok((await names(page)).every((name) => name.startsWith('model.layers.3.')));
    await page.getByRole('button', { name: 'Close Comparison' }).click();
    await connection.sendNotification(wire.showComparison, { comparison: null });
    await page.locator('.col-relativeL2').first().waitFor({ state: 'detached' });
    assert.deepEqual(
      asked,
      ['compare', 'stopComparing', 'dropComparison'].map((name) => `checkpoint/${name}`),
    );
  });

  it('keeps filter, order and choice when the page is hidden', async () => {
    const { page } = await open(fixtureView(single));
    await page.getByRole('textbox', { name: 'Filter' }).fill('q_proj');
    await page.getByRole('button', { name: 'Name' }).click();
    await rows(page).first().click();
    await page.locator('ald-histogram').waitFor();
    const saved = await page.evaluate(() => (window as unknown as { readonly savedState: unknown }).savedState);
    assert.deepEqual(saved, {
      filter: 'q_proj',
      order: { sort: 'name', descending: true },
      chosen: 'model.layers.31.self_attn.q_proj.weight',
    });
  });

  it('shows names, metadata and configuration as text, whatever they hold', async () => {
    const name = '<img src=x onerror=alert(1)>';
    const hostile = {
      ...single,
      tensors: [{ ...single.tensors[0], name }],
      metadata: [{ key: name, value: name.repeat(100) }],
      config: { name: 'config.json', text: `{"a": "${name.replaceAll('"', '')}"` },
    };
    const { page } = await open(fixtureView(hostile));
    assert.deepEqual(await names(page), [name]);
    await page.getByText('Metadata').click();
    await page.getByText('config.json').click();
    assert.equal(await page.locator('img').count(), 0);
    assert.match(await page.locator('pre').innerText(), /^\{"a": "<img/);
  });

  it('copies the name of a tensor, and opens an index as text', async () => {
    const asked: unknown[] = [];
    const { page } = await open(fixtureView(content), {
      handlers: ({ connection }) => {
        connection.onRequest(wire.copyCheckpointText, ({ text }) => {
          asked.push(text);
          return null;
        });
        connection.onRequest(wire.openAsText, () => {
          asked.push('text');
          return null;
        });
      },
    });
    await rows(page).first().click();
    await page.getByRole('button', { name: 'Copy name' }).click();
    await page.getByText('Copied').waitFor();
    await page.getByRole('button', { name: 'Open as Text' }).click();
    await page.waitForTimeout(100);
    assert.deepEqual(asked, ['model.embed_tokens.weight', 'text']);
  });
});
