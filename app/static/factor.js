/* Passkeys: what the server asks of the browser's key, and what the key answers, as base64url texts.

A button [data-qq-key-ask] names where the options are (data-options) and what is done (data-do: get or
create); the answer goes into the field named by data-into, then its form is sent. No foreign code. */
(() => {
  "use strict";
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (sign) => sign.charCodeAt(0));
  const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const named = (list) => (list || []).map((key) => ({ ...key, id: bytes(key.id) }));

  function answer(key) {
    const said = key.response, found = { clientDataJSON: text(said.clientDataJSON) };
    for (const name of ["attestationObject", "authenticatorData", "signature"]) if (said[name]) found[name] = text(said[name]);
    return JSON.stringify({ id: key.id, rawId: text(key.rawId), type: key.type, response: found, clientExtensionResults: {} });
  }

  async function ask(button) {
    const form = button.form, say = form.querySelector("[data-qq-key-says]");
    const sent = await fetch(button.dataset.options, {
      method: "POST", headers: { "X-CSRFToken": document.querySelector("meta[name=csrf-token]").content, Accept: "application/json" },
    });
    const asked = await sent.json();
    if (!sent.ok) throw new Error(asked.error || "");
    asked.challenge = bytes(asked.challenge);
    if (asked.user) asked.user.id = bytes(asked.user.id);
    asked.excludeCredentials = named(asked.excludeCredentials);
    asked.allowCredentials = named(asked.allowCredentials);
    say.textContent = button.dataset.waiting;
    form.elements[button.dataset.into].value = answer(await navigator.credentials[button.dataset.do]({ publicKey: asked }));
    say.textContent = "";
    form.querySelectorAll("[required]").forEach((field) => { field.required = false; });
    form.requestSubmit();
  }

  document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll("[data-qq-key-ask]").forEach((button) => {
      if (!window.PublicKeyCredential || !window.isSecureContext) return;
      button.hidden = false;
      button.closest("form").querySelectorAll("[data-qq-no-keys]").forEach((note) => note.remove());
      button.addEventListener("click", async () => {
        const say = button.form.querySelector("[data-qq-key-says]");
        button.disabled = true;
        await ask(button).catch(() => { say.textContent = button.dataset.failed; });
        button.disabled = false;
      });
    });
  });
})();
