/** What a person types in front of a command, in the folder of the project. npx would ask a registry anywhere else. */
export const LETHE = 'node cli/lethe.mjs';
