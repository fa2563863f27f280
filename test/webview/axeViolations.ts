import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Page } from 'playwright-core';

const axeSource = readFileSync(
  createRequire(join(process.cwd(), 'package.json')).resolve('axe-core/axe.min.js'),
  'utf8',
);

/** What axe objects to in the page, one text each. */
export async function axeViolations(page: Page): Promise<string[]> {
  // Through the debugger: the page's policy rightly refuses a script element.
  await page.evaluate(axeSource);
  return page.evaluate(async () => {
    interface AxeResult {
      readonly violations: readonly {
        id: string;
        nodes: readonly { html: string; failureSummary?: string; target: unknown }[];
      }[];
    }
    const { axe } = window as unknown as { axe: { run(root: Document): Promise<AxeResult> } };
    const { violations } = await axe.run(document);
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 200)}\n${failureSummary ?? ''}`),
    );
  });
}
