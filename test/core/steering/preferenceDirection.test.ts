import assert from 'node:assert/strict';
import { directionSystemText, preferenceDirection } from '../../../src/core/steering/preferenceDirection';

describe('preferenceDirection', () => {
  const angles: readonly [degrees: number, helpfulness: number, verbosity: number][] = [
    [0, 100, 0],
    [-15, 97, -26],
    [45, 71, 71],
    [90, 0, 100],
    [180, -100, 0],
  ];
  for (const [degrees, helpfulness, verbosity] of angles) {
    it(`is ${helpfulness}, ${verbosity} at ${degrees}°`, () => {
      // deepEqual of node:assert/strict tells −0 from 0.
      assert.deepEqual(preferenceDirection(degrees), { helpfulness, verbosity });
    });
  }
});

describe('directionSystemText', () => {
  const opening =
    'You are a helpful, respectful, and honest assistant who always responds to the user in a harmless way. ' +
    'Your response should maximize weighted rating = ';

  it('is the text of the README of Directional-Preference-Alignment', () => {
    assert.equal(directionSystemText(preferenceDirection(0)), `${opening}helpfulness*100 + verbosity*0`);
    assert.equal(directionSystemText(preferenceDirection(45)), `${opening}helpfulness*71 + verbosity*71`);
  });

  it('writes a negative weight after the plus sign, as the models saw it', () => {
    assert.equal(directionSystemText(preferenceDirection(-15)), `${opening}helpfulness*97 + verbosity*-26`);
  });
});
