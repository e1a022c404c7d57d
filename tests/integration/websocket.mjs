// Medplum's client names WebSocket when it is loaded, and Node 20 has none. Nothing here opens one.
globalThis.WebSocket ??= class WebSocket extends EventTarget {};
