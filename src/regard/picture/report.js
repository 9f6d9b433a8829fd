// The entry of the self-contained report.

import { embedded } from "./embedded.js";
import { explore } from "./explorer.js";

explore(document.getElementById("regard"), embedded(document));
