import assert from 'node:assert/strict';
import { formatNumber } from '../../webview/shared/formatNumber';

describe('formatNumber', () => {
  it('shows four decimals, and exponents where those would say nothing', () => {
    const shown = [0, 0.15314, -0.15316, 99.5, 123.456, -61728.3945, 2.5e7, 0.00049, -4.9e-10].map((value) =>
      formatNumber(value),
    );
    assert.deepEqual(shown, [
      '0',
      '0.1531',
      '−0.1532',
      '99.5000',
      '123.46',
      '−61728.39',
      '2.500e7',
      '4.9e−4',
      '−4.9e−10',
    ]);
  });

  it('carries a plus only when asked, and never on zero', () => {
    assert.deepEqual(
      [formatNumber(1, { signed: true }), formatNumber(0, { signed: true }), formatNumber(1)],
      ['+1.0000', '0', '1.0000'],
    );
  });

  it('shows what is no finite number as what it is', () => {
    assert.deepEqual(
      [NaN, Infinity, -Infinity].map((value) => formatNumber(value)),
      ['NaN', '∞', '−∞'],
    );
  });
});
