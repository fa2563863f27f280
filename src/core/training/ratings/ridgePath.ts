import { AlidadeError } from '../../alidadeError';
import { factorPanels, solvePanels, type CholeskyFactor } from '../linear/blockedCholesky';
import { plusDiagonal } from '../linear/symmetricPanels';
import type { SymmetricPanels } from '../linear/symmetricPanels';
import type { MatrixProducts } from '../linear/matrixProducts';
import { foldModels, systemWithout, sumParts } from './ratingSums';
import type { RatingModels, RatingPath, RatingProblem } from './ratingPath';

/**
 * Ridge regression from sums over the parts: minimises ‖Z·u − y‖² + λ‖u‖² by u = (ZᵀZ + λI)⁻¹Zᵀy, for all targets of the
 * rows at once. Leaving a part out is a subtraction of its sums.
 */
export async function openRidgePath(problem: RatingProblem): Promise<RatingPath> {
  const { ratings, products, pause } = problem;
  const sums = await sumParts(problem, {
    isCentred: ratings.intercept || ratings.standardise,
    isScaled: ratings.standardise,
  });
  return {
    async fit(excluded, penalties) {
      const system = systemWithout(sums, excluded);
      const models: RatingModels[] = [];
      for (const penalty of penalties) {
        await pause();
        const factor = await factorWithPenalty(system.gram, penalty, products);
        const count = problem.targets.length;
        const solution = await solvePanels(factor, { right: system.right, count, products });
        models.push(foldModels(solution, system, { frame: sums.frame, hasIntercept: ratings.intercept }));
      }
      return models;
    },
  };
}

/** @throws AlidadeError `recipe` when the penalty is too small for features as like each other as these. */
export async function factorWithPenalty(
  gram: SymmetricPanels,
  penalty: number,
  products: MatrixProducts,
): Promise<CholeskyFactor> {
  try {
    return await factorPanels(plusDiagonal(gram, penalty), products);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new AlidadeError({
      code: 'recipe',
      message: `a penalty of ${penalty} is too small for these features`,
      hint: 'some of them are sums of others: name larger penalties under ratings',
      cause: error,
    });
  }
}
