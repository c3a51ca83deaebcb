// Opens a page in a real browser and prints, as JSON, the rows of its table once they are there, and every address asked.
import { createRequire } from "node:module";

const [, , folder, executablePath, url] = process.argv;
const { chromium } = createRequire(`${folder}/package.json`)("playwright-core");
const args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
              "--disable-component-update", "--disable-sync"];
const browser = await chromium.launch({ executablePath, args });
try {
  const page = await browser.newPage();
  const asked = [];
  page.on("request", (request) => asked.push(request.url()));
  page.on("pageerror", (error) => console.error(String(error)));
  await page.goto(url);
  await page.waitForSelector("table tr", { timeout: 600000 });
  const rows = await page.locator("table tr").evaluateAll((lines) =>
    lines.map((line) => [...line.cells].map((cell) => cell.textContent)));
  console.log(JSON.stringify({ rows, asked }));
} finally {
  await browser.close();
}
