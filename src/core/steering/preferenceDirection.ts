/** Weights of DPA's two objectives, integers out of 100. */
export interface PreferenceDirection {
  readonly helpfulness: number;
  readonly verbosity: number;
}

/** v = (cos θ, sin θ) in percent, rounded (Wang et al. 2024, "Arithmetic Control of LLMs for Diverse User Preferences"). */
export function preferenceDirection(degrees: number): PreferenceDirection {
  const radians = (degrees * Math.PI) / 180;
  // Adding 0 turns −0 into 0.
  return { helpfulness: Math.round(100 * Math.cos(radians)) + 0, verbosity: Math.round(100 * Math.sin(radians)) + 0 };
}

/** The system text on which DPA's models were trained (RLHFlow/Directional-Preference-Alignment, README). */
export function directionSystemText({ helpfulness, verbosity }: PreferenceDirection): string {
  return (
    'You are a helpful, respectful, and honest assistant who always responds to the user in a harmless way. ' +
    `Your response should maximize weighted rating = helpfulness*${helpfulness} + verbosity*${verbosity}`
  );
}
