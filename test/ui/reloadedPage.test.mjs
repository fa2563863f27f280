// Reloads the window with the breakdown page open: the page comes back with its row, its lock and its chart.
import { expectVisible } from '../workbench/expectVisible.mjs';
import { useWorkbench } from './bench.mjs';

describe('the breakdown page over a reload of the window', function () {
  this.timeout(180_000);
  const bench = useWorkbench();
  let page;
  let workbench;
  const breakdown = () => workbench.webview().locator('ald-breakdown');

  before(() => ({ page, workbench } = bench));

  it('shows a row, as a waterfall, locked', async () => {
    await workbench.openFile('preferences.jsonl');
    await expectVisible(workbench.codeLens('Why?'), 'the lens Why?', 60_000);
    await workbench.command('Alidade: Show Reward Breakdown');
    await expectVisible(breakdown().getByText('Contributions').first(), 'the contributions', 90_000);
    await breakdown().getByRole('radio', { name: 'Waterfall' }).click();
    await breakdown().getByRole('button', { name: 'Keep this row when the cursor moves' }).click();
    await expectVisible(page.getByText('Reward Breakdown (locked)').first(), 'the lock in the title');
  });

  it('gives its score sentence by sentence', async () => {
    await breakdown().locator('ald-growth-part').scrollIntoViewIfNeeded();
    await expectVisible(breakdown().locator('ald-growth .sentence').first(), 'a sentence', 60_000);
    await bench.shoot('breakdown growth');
  });

  it('is there again after a reload', async () => {
    // As a person does: the window keeps what it shows before it goes.
    await workbench.command('Developer: Reload Window');
    await expectVisible(breakdown().getByText('Contributions').first(), 'the contributions', 60_000);
    const waterfall = breakdown().getByRole('radio', { name: 'Waterfall', checked: true });
    await expectVisible(waterfall, 'the waterfall', 20_000);
    await expectVisible(page.getByText('Reward Breakdown (locked)').first(), 'the lock in the title');
  });
});
