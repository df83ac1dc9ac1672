import { render } from "preact";
import { App } from "./app";
import { sessionOf, setSession } from "./session";
import "./styles.css";
import { applyTheme } from "./theme";

applyTheme();
setSession(sessionOf(document));
const root = document.getElementById("app");
if (root) render(<App version={root.dataset.version ?? ""} />, root);
