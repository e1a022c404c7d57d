// A real CDS Hooks client for the tests: Medplum's, which reads our discovery, resolves our prefetch against a
// FHIR server and calls us. One JSON object comes in on standard input, one goes out on standard output.
//
//   in:  {"fhir": base, "cds": base, "calls": [{"hook": "order-sign", "context": {...},
//         "prefetch": true, "omit": ["observations"], "extra": {"fhirServer": "..."}}]}
//   out: {"services": [...], "calls": [{"service": id, "request": {...}, "status": 200, "response": {...}}]}
//
// "prefetch": false sends none; "omit" leaves keys out; "extra" is merged into the request's top level.
import { readFileSync } from 'node:fs';
import './websocket.mjs';
import { MedplumClient, buildCdsRequest } from '@medplum/core';

const USER = { resourceType: 'Practitioner', id: 'doctor' };

// Medplum throws the outcome and drops the HTTP status, which the tests want to see.
let status = 0;
async function watchedFetch(...args) {
  const response = await fetch(...args);
  status = response.status;
  return response;
}

async function buildRequest(client, service, call) {
  const asked = call.prefetch === false ? { ...service, prefetch: undefined } : service;
  const { prefetch, ...request } = await buildCdsRequest(client, USER, asked, call.context);
  for (const key of call.omit ?? []) {
    delete prefetch[key];
  }
  const sent = call.prefetch === false ? {} : { prefetch };
  return { ...request, ...sent, ...call.extra };
}

async function callOne(client, services, call) {
  const service = services.find(({ hook }) => hook === call.hook);
  if (!service) {
    return { hook: call.hook, status: 0, response: `discovery names no service for ${call.hook}` };
  }
  const request = await buildRequest(client, service, call);
  try {
    const response = await client.callCdsService(service.id, request);
    return { service: service.id, request, status, response };
  } catch (error) {
    return { service: service.id, request, status, response: error.outcome ?? String(error) };
  }
}

const plan = JSON.parse(readFileSync(0, 'utf8'));
const client = new MedplumClient({
  baseUrl: plan.fhir, fhirUrlPath: '', cdsServicesUrl: `${plan.cds}/cds-services`, fetch: watchedFetch,
  extendedMode: false, maxRetries: 0,
});
const { services } = await client.getCdsServices();
const calls = [];
for (const call of plan.calls) {
  calls.push(await callOne(client, services, call));
}
process.stdout.write(JSON.stringify({ services, calls }));
