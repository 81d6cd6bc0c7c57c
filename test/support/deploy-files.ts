import { readdirSync, readFileSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';

const at = (path: string) => new URL(`../../${path}`, import.meta.url);

/** @param path of a text file, from the root of the project on */
export function readProjectFile(path: string): string {
  return readFileSync(at(path), 'utf8');
}

/** The names of the files in a folder, sorted. @param path from the root of the project on */
export function listProjectFolder(path: string): string[] {
  return readdirSync(at(`${path}/`)).sort();
}

/** Every document of a YAML file. @throws YAMLParseError for the first one that is none */
export function readYamlDocuments<Document>(path: string): Document[] {
  return parseAllDocuments(readProjectFile(path)).map((document) => {
    const [fault] = document.errors;
    if (fault) throw fault;
    return document.toJS() as Document;
  });
}
