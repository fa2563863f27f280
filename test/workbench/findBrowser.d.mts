export const howToInstallBrowser: string;
export function findBrowser(): string | undefined;
