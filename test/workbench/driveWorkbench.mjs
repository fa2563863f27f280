import { expectVisible } from './expectVisible.mjs';

const quickInput = '.quick-input-widget input.input:visible';
const quickRow = '.quick-input-list .monaco-list-row';

/** What a person does in the workbench, by the names that a person sees. Every wait ends with a clear error. */
export class Workbench {
  constructor(page, url) {
    this.page = page;
    this.url = url;
  }

  async open() {
    await this.page.goto(this.url);
    await expectVisible(this.page.locator('.monaco-workbench'), 'the workbench', 60_000);
    await expectVisible(this.page.locator('.statusbar-item').first(), 'the status bar', 60_000);
  }

  /** Runs a command by its title in the command palette. */
  async command(title) {
    const row = this.page.locator(quickRow, { hasText: title }).first();
    // The palette lists what was enabled when it opened: a command that is enabled a moment later needs it opened again.
    for (let attempt = 0; attempt < 6 && !(await row.isVisible()); attempt += 1) {
      await this.page.keyboard.press('Escape');
      await this.page.keyboard.press('F1');
      const input = this.page.locator(quickInput);
      await expectVisible(input, 'the command palette');
      await input.fill(`>${title}`);
      await row.waitFor({ timeout: 5000 }).catch(() => {});
    }
    await expectVisible(row, `the command ${title}`, 1000);
    await this.page.keyboard.press('Enter');
  }

  async openFile(name) {
    await this.page.keyboard.press('Control+P');
    const input = this.page.locator(quickInput);
    await expectVisible(input, 'the list of files');
    await input.fill(name);
    await expectVisible(this.page.locator(quickRow, { hasText: name }).first(), `the file ${name}`, 30_000);
    await this.page.keyboard.press('Enter');
    await expectVisible(this.page.locator('.tab.active', { hasText: name }), `the editor of ${name}`, 30_000);
    await expectVisible(this.page.locator('.monaco-editor .view-line').first(), `the text of ${name}`, 30_000);
  }

  /** Chooses the row of an open quick pick. */
  async pick(text) {
    const row = this.page.locator(quickRow, { hasText: text }).first();
    await expectVisible(row, `the choice ${text}`, 30_000);
    await row.click();
  }

  async showView(container) {
    const icon = this.page.locator(`.activitybar .action-item a[aria-label^="${container}"]`).first();
    await expectVisible(icon, `the activity bar's ${container}`, 30_000);
    if ((await icon.getAttribute('aria-expanded')) !== 'true') await icon.click();
  }

  treeRow(text) {
    return this.page.locator('.tree-explorer-viewlet-tree-view .monaco-list-row', { hasText: text }).first();
  }

  codeLens(text) {
    // The link itself: the middle of the whole line of lenses may be the bar between two.
    return this.page.locator('.monaco-editor .codelens-decoration a', { hasText: text }).first();
  }

  statusBarItem(text) {
    return this.page.locator('.statusbar-item', { hasText: text }).first();
  }

  /**
   * Puts the pointer over the first place of the editor that shows this text, `x` pixels into it; the hover with
   * `expected` is returned.
   */
  async hover(text, expected, timeout = 60_000, x = 12) {
    const hover = this.page.locator('.monaco-hover:visible', { hasText: expected }).first();
    const word = this.page.locator('.monaco-editor .view-line span span', { hasText: text }).first();
    await expectVisible(word, `the text ${text} in the editor`, 30_000);
    // A hover that shows "loading" stays; one whose provider was cancelled does not: point again until it is there.
    for (const end = Date.now() + timeout; ;) {
      await this.page.mouse.move(5, 5);
      await word.hover({ position: { x, y: 8 } });
      try {
        await hover.waitFor({ timeout: Math.min(15_000, Math.max(1, end - Date.now())) });
        return hover;
      } catch {
        if (end <= Date.now()) throw new Error(`no hover with ${expected} over ${text} in ${timeout / 1000} s`);
      }
    }
  }

  /** The document inside the webview panel that is shown. */
  webview() {
    return this.page.frameLocator('iframe.webview.ready').last().frameLocator('iframe#active-frame');
  }

  /** @param {string} name as the list of themes has it */
  async setTheme(name) {
    await this.command('Preferences: Color Theme');
    // The palette's own input is still there for a moment: wait for that of the themes.
    const input = this.page.locator(`${quickInput}[placeholder*="Color Theme"]`);
    await expectVisible(input, 'the list of themes', 30_000);
    await input.fill(name);
    await this.pick(name);
    await input.waitFor({ state: 'hidden', timeout: 15_000 });
  }

  async screenshot(path) {
    await this.page.screenshot({ path });
  }
}
