// Signs in by a name and a password, by a provider, or by a one-time link whose secret follows the
// # and so reaches no server log; at /password such a link sets a new password, and /sign-in#link
// links the provider to whoever is signed in. What is not asked for is hidden and disabled; a code
// is asked for once the server wants one.
const form = document.querySelector("form");
const alertLine = document.querySelector("[role=alert]");
const provider = document.querySelector("#provider");
const linking = location.pathname === "/sign-in" && location.hash === "#link";
let secret = location.pathname === "/sign-in" ? "" : location.hash.slice(1);
let path = secret ? location.pathname : "/sign-in";

function show(name, shown) {
  form[name].disabled = !shown;
  form[name].closest("label").hidden = !shown;
}

function byPassword() {
  [secret, path] = ["", "/sign-in"];
  show("name", true);
  show("password", true);
}

async function send(to, body) {
  const response = await fetch(to, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  const answer = await response.json().catch(() => ({ message: "The server did not answer." }));
  if (response.ok) return answer;
  alertLine.textContent = answer.message;
  if (answer.code === "SECOND_FACTOR_REQUIRED") {
    show("code", true);
    form.code.value = "";
    form.code.focus();
  } else if (answer.code === "UNAUTHENTICATED" && path === "/link") byPassword();
  return null;
}

async function signIn() {
  alertLine.textContent = "";
  const typed = Object.fromEntries(new FormData(form));
  if (await send(path, secret ? { ...typed, secret } : typed)) location.replace("/");
}

async function offerProvider() {
  const { issuer } = await (await fetch("/sign-in/provider")).json();
  if (!issuer) return;
  provider.textContent = `${linking ? "Link" : "Sign in by"} ${new URL(issuer).host}`;
  provider.hidden = false;
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  signIn();
});

provider.addEventListener("click", async () => {
  const answer = await send(`/sign-in/provider${linking ? "/link" : ""}`, {});
  if (answer) location.assign(answer.url);
});

if (secret) {
  history.replaceState(null, "", path);
  show("name", false);
  show("password", path === "/password");
  if (path === "/password") {
    form.password.autocomplete = "new-password";
    form.querySelector("button").textContent = "Choose this password";
    form.password.focus();
  } else signIn();
} else {
  form.hidden = linking;
  offerProvider();
}
