export interface Debounced {
  /** Runs the action once nothing has called for `delay` milliseconds. */
  readonly call: () => void;
  dispose(): void;
}

export function debounce(action: () => void, delay: number): Debounced {
  let timer: NodeJS.Timeout | undefined;
  return {
    call: () => {
      clearTimeout(timer);
      timer = setTimeout(action, delay);
    },
    dispose: () => clearTimeout(timer),
  };
}
