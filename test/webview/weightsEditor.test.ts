import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { adjustBreakdown } from '../../src/core/reward/gateAdjustment';
import type { RewardBreakdown } from '../../src/core/reward/rewardBreakdown';
import * as view from '../../src/protocol/breakdownView';
import { formatNumber } from '../../webview/shared/formatNumber';
import { axeViolations } from './axeViolations';
import { gate, gatedPair, listOfFour, metersPair } from './fixtureRows';
import type { OpenedPage } from './openPage';
import { themes } from './themes';
import { useBreakdown } from './useBreakdown';

const [chosen, rejected] = gatedPair.responses;
const first = chosen.objectives[0].name;

async function setNumber(page: Page, label: string, text: string): Promise<void> {
  const field = page.getByRole('textbox', { name: label, exact: true });
  await field.fill(text);
  await field.press('Enter');
}

describe('the weights of the breakdown page', function () {
  this.timeout(60_000);
  const breakdown = useBreakdown();

  function pairsOf(row: typeof gatedPair): readonly { chosen: RewardBreakdown; rejected: RewardBreakdown }[] {
    const [a, b] = row.responses;
    return [
      { chosen: a, rejected: b },
      { chosen: b, rejected: a },
      { chosen: a, rejected: b },
      { chosen: a, rejected: a },
    ];
  }
  const withPairs = (row: typeof gatedPair, asked: string[] = []) => ({
    row,
    handlers: ({ connection }: OpenedPage): void => {
      connection.onRequest(view.weightsChanged, () => null);
      connection.onRequest(view.readLabelledPairs, ({ modelHash }) => {
        asked.push(modelHash);
        return { source: 'labelled.jsonl', pairs: pairsOf(row), errors: 1, isWhole: false };
      });
    },
  });

  it('shows what a gate would give: factors, temperature, and back', async () => {
    const page = await breakdown.open({ row: gatedPair });
    const total = (score: number): Promise<void> =>
      page
        .locator('tfoot .value', { hasText: formatNumber(score) })
        .first()
        .waitFor();
    await total(chosen.score);
    await setNumber(page, `Factor of ${first}`, '0');
    await setNumber(page, 'Temperature of the gate', '3');
    const adjusted = adjustBreakdown(chosen, gate, { factors: { [first]: 0 }, temperature: 3 });
    await total(adjusted.score);
    await total(adjustBreakdown(rejected, gate, { factors: { [first]: 0 }, temperature: 3 }).score);
    await page.getByText('Scored with your weights').waitFor();
    // What is read from the model itself would contradict the rest of the page.
    assert.equal(await page.locator('ald-growth-part').count(), 0);
    await page.getByRole('button', { name: 'Reset' }).first().click();
    await total(chosen.score);
    assert.equal(await page.getByText('Scored with your weights').count(), 0);
    await page.locator('ald-growth-part').waitFor();
  });

  it('steps with the arrow keys, and says what is no factor and no temperature', async () => {
    const page = await breakdown.open({ row: gatedPair });
    const factor = page.getByRole('textbox', { name: `Factor of ${first}`, exact: true });
    await factor.focus();
    await factor.press('ArrowUp');
    await factor.press('ArrowUp');
    assert.equal(await factor.inputValue(), '1.2');
    await setNumber(page, 'Temperature of the gate', '0');
    await page.getByText('“0” is not above 0.').waitFor();
    await setNumber(page, `Factor of ${first}`, 'much');
    await page.getByText('“much” is not a number.').waitFor();
    await page.locator('ald-weights').getByRole('button', { name: 'Reset' }).click();
    assert.equal(await factor.inputValue(), '1');
    assert.equal(await page.getByRole('textbox', { name: 'Temperature of the gate' }).inputValue(), '10');
  });

  it('keeps the weights and the pairs while other rows of the model are shown', async () => {
    let opened: OpenedPage | null = null;
    const { row, handlers } = withPairs(gatedPair);
    const page = await breakdown.open({
      row,
      handlers: (page) => {
        opened = page;
        handlers(page);
      },
    });
    await page.getByRole('button', { name: 'Choose Labelled Pairs…' }).click();
    await page.getByText('4 pairs of labelled.jsonl').waitFor();
    await setNumber(page, `Factor of ${first}`, '2');
    const show = async (shown: typeof gatedPair): Promise<void> => {
      const location = { file: 'other.jsonl', line: 2 };
      const state: view.BreakdownState = { kind: 'row', location, row: shown, stale: false };
      const { connection } = opened as unknown as OpenedPage;
      await connection.sendNotification(view.showBreakdown, {
        state: { kind: 'loading', location, progress: { message: 'Scoring' } },
        locked: false,
      });
      await connection.sendNotification(view.showBreakdown, { state, locked: false });
    };
    await show({ ...gatedPair, id: 'another row' });
    await page.getByText('Row another row').waitFor();
    await page.getByText('Scored with your weights').waitFor();
    await page.getByText('4 pairs of labelled.jsonl').waitFor();
    await show({ ...metersPair, id: 'of another model' });
    await page.getByText('Row of another model').waitFor();
    assert.equal(await page.getByText('Scored with your weights').count(), 0);
    assert.equal(await page.getByText('labelled.jsonl').count(), 0);
  });

  it('says how often labels agree before and after each change', async () => {
    const asked: string[] = [];
    const page = await breakdown.open(withPairs(gatedPair, asked));
    await page.getByRole('button', { name: 'Choose Labelled Pairs…' }).click();
    const rows = page.locator('ald-agreement tbody tr');
    await rows.first().waitFor();
    assert.deepEqual(asked, [gatedPair.model.hash]);
    const shares = async (): Promise<string[]> => rows.locator('td:nth-of-type(1)').allInnerTexts();
    const agreeing = chosen.score > rejected.score ? 2 : 1;
    assert.deepEqual(await shares(), [`${25 * agreeing}.0 %`, `${25 * agreeing}.0 %`]);
    await page.getByText('not all of them · 1 could not be scored · 1 tie, which does not agree').waitFor();
    // All factors negative: every pair but the tie changes sides.
    for (const { name } of chosen.objectives) await setNumber(page, `Factor of ${name}`, '-1');
    assert.deepEqual(await shares(), [`${25 * agreeing}.0 %`, `${25 * (3 - agreeing)}.0 %`]);
    await page.getByText(`${3 - agreeing} now agree that did not before; ${agreeing} no longer agree.`).waitFor();
  });

  it('scores pairs with progress, stops, and says what went wrong', async () => {
    let resolve: (pairs: view.LabelledPairs | null) => void = () => undefined;
    let reject: (error: Error) => void = () => undefined;
    let connection: OpenedPage['connection'] | null = null;
    const page = await breakdown.open({
      row: metersPair,
      handlers: (opened) => {
        connection = opened.connection;
        opened.connection.onRequest(view.weightsChanged, () => null);
        opened.connection.onRequest(
          view.readLabelledPairs,
          () => new Promise<view.LabelledPairs | null>((done, fail) => ([resolve, reject] = [done, fail])),
        );
        opened.connection.onRequest(view.stopLabelledPairs, () => {
          resolve({ source: 'part.jsonl', pairs: pairsOf(metersPair).slice(0, 1), errors: 0, isWhole: false });
          return null;
        });
      },
    });
    await page.getByRole('button', { name: 'Choose Labelled Pairs…' }).click();
    await page.getByRole('button', { name: 'Stop' }).waitFor();
    await (connection as unknown as OpenedPage['connection']).sendNotification(view.labelledPairsProgress, {
      message: 'Scoring pairs',
      done: 8,
      total: 32,
    });
    await page.getByText('25 % · Scoring pairs').waitFor();
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByText('1 pair of part.jsonl · not all of them').waitFor();
    await page.getByRole('button', { name: 'Choose Other Pairs…' }).click();
    reject(new Error('the model in use is another one'));
    await page.locator('ald-agreement [role=alert]', { hasText: 'the model in use is another one' }).waitFor();
    await page.getByText('1 pair of part.jsonl').waitFor();
  });

  it('saves what is shown as a head', async () => {
    const saved: view.HeadChange[] = [];
    const page = await breakdown.open({
      row: gatedPair,
      handlers: ({ connection }) =>
        connection.onRequest(view.saveHeadAs, (change) => {
          saved.push(change);
          return 'mine.safetensors';
        }),
    });
    await setNumber(page, `Factor of ${first}`, '0,5');
    await page.getByRole('button', { name: 'Save as Head…' }).click();
    await page.getByText('Saved as mine.safetensors').waitFor();
    assert.equal(saved.length, 1);
    assert.equal(saved[0].modelHash, gatedPair.model.hash);
    assert.deepEqual(saved[0].adjustment, { factors: { [first]: 0.5 }, temperature: null });
  });

  it('saves the coefficients of a model without a gate', async () => {
    const saved: view.HeadChange[] = [];
    const page = await breakdown.open({
      row: metersPair,
      handlers: ({ connection }) => {
        connection.onRequest(view.weightsChanged, () => null);
        connection.onRequest(view.saveHeadAs, (change) => {
          saved.push(change);
          return null;
        });
      },
    });
    await setNumber(page, 'Weight of fluency', '2');
    await page.getByRole('button', { name: 'Save as Head…' }).click();
    await page.waitForTimeout(200);
    assert.equal(saved[0].coefficients['fluency'], 2);
    assert.equal(saved[0].coefficients['on-topic'], 1 / 6);
    assert.equal(await page.getByText('Saved as').count(), 0);
  });

  it('offers nothing where there is nothing to weigh', async () => {
    const page = await breakdown.open({ row: listOfFour });
    assert.equal(await page.locator('ald-weights, ald-agreement').count(), 0);
    const { gate: _gate, ...undescribed } = gatedPair;
    const other = await breakdown.open({ row: undescribed });
    assert.equal(await other.locator('ald-weights, ald-agreement').count(), 0);
  });

  for (const theme of Object.values(themes)) {
    it(`has nothing to object to for axe: ${theme.name}`, async () => {
      const page = await breakdown.open({ ...withPairs(gatedPair), theme, width: 1000 });
      await page.getByRole('button', { name: 'Choose Labelled Pairs…' }).click();
      await page.locator('ald-agreement tbody tr').first().waitFor();
      await setNumber(page, `Factor of ${first}`, '0');
      await setNumber(page, 'Temperature of the gate', 'cold');
      assert.deepEqual(await axeViolations(page), []);
    });
  }
});
