import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Browser, chromium, Page } from "playwright-core";
import { PRICES } from "../../../tools/review/cost/prices";
import { renderHtml } from "../../../tools/review/render/html";
import { renderMarkdown } from "../../../tools/review/render/markdown";
import { renderTerminal } from "../../../tools/review/render/terminal";
import { Review, review } from "../../../tools/review/review";
import { readTopology } from "../../../tools/topology/read-topology";
import { planned } from "./planned";

const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
const HOSTILE = `"><script>document.title="hacked"</script><img src=x onerror='document.title="hacked"'>\u001b[31m|`;

let plan: Readonly<Record<string, unknown>>;
let directory: string;
let browser: Browser;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "review-html-"));
  plan = (await planned("article")).plan;
  browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
});
afterAll(async () => {
  await browser.close();
  rmSync(directory, { recursive: true });
});

interface Opened {
  readonly page: Page;
  /** Everything that went wrong, and every request besides the page itself. */
  readonly noise: readonly string[];
}

async function open(reviewed: Review, scheme: "light" | "dark" = "light", width = 1440): Promise<Opened> {
  const path = join(directory, "page.html");
  writeFileSync(path, await renderHtml(reviewed));
  const url = pathToFileURL(path).href;
  const page = await browser.newPage({ colorScheme: scheme, viewport: { width, height: 900 } });
  const noise: string[] = [];
  page.on("request", (request) => request.url() !== url && noise.push(request.url()));
  page.on("console", (message) => noise.push(message.text()));
  page.on("pageerror", (error) => noise.push(error.message));
  await page.goto(url);
  return { page, noise };
}

const article = () => review(readTopology(plan), { name: "article", prices: PRICES });

test("the page asks the network for nothing and logs nothing", async () => {
  const { page, noise } = await open(article());
  await page.keyboard.press("End");
  expect(noise).toEqual([]);
  await page.close();
});

test("the keyboard steps through the walk, out and back", async () => {
  const { page, noise } = await open(article());
  const position = () => page.textContent("#position");
  const now = () => page.locator(".node.is-now .label").allTextContents();
  expect([await position(), await now()]).toEqual(["Out, hop 1 of 10", ["client"]]);
  for (let i = 0; i < 3; i++) await page.keyboard.press("ArrowRight");
  expect([await position(), await now()]).toEqual(["Out, hop 4 of 10", ["inspection"]]);
  expect(await page.textContent("#caption .packet-bar")).toMatch(
    /IP 10\.2\.0\.0\/28 → 10\.2\.0\.4\s*UDP 6081\s*GENEVE VNI 0\s*IP 10\.1\.0\.4 → 198\.51\.100\.10/,
  );
  await page.keyboard.press("ArrowLeft");
  expect(await position()).toBe("Out, hop 3 of 10");
  await page.keyboard.press("End");
  expect([await position(), await now()]).toEqual(["Back, hop 10 of 10", ["client"]]);
  expect(await page.isDisabled("#next")).toBe(true);
  await page.keyboard.press("Home");
  expect(await page.isDisabled("#previous")).toBe(true);
  expect(noise).toEqual([]);
  await page.close();
});

test("buttons and hops can be clicked, and the current route's row is marked", async () => {
  const { page } = await open(article());
  await page.click("#next");
  expect(await page.textContent("#position")).toBe("Out, hop 2 of 10");
  expect(await page.locator("tr.is-chosen").allTextContents()).toEqual([expect.stringContaining("0.0.0.0/0")]);
  await page.locator(".leg.back .hop").nth(2).click();
  expect(await page.textContent("#position")).toBe("Back, hop 3 of 10");
  expect(await page.locator('.hop[aria-current="step"]').count()).toBe(1);
  await page.close();
});

test("it is drawn in both colour schemes, readable: text and ground differ enough", async () => {
  for (const scheme of ["light", "dark"] as const) {
    const { page } = await open(article(), scheme);
    const [text, ground] = (await page.evaluate(
      `[getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor]`,
    )) as [string, string];
    expect(contrast(text, ground)).toBeGreaterThan(7);
    await page.close();
  }
});

test("on a narrow screen nothing is wider than the screen but the drawing, which scrolls", async () => {
  const { page } = await open(article(), "light", 380);
  expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(380);
  await page.close();
});

test("printed, every hop shows what happens there and the controls are gone", async () => {
  const { page } = await open(article());
  await page.emulateMedia({ media: "print" });
  expect(await page.isVisible(".controls")).toBe(false);
  expect(await page.locator(".leg.out .more").first().isVisible()).toBe(true);
  const pdf = await page.pdf({ format: "A4" });
  expect(pdf.subarray(0, 4).toString()).toBe("%PDF");
  await page.close();
});

test("names from the plan run nothing and break nothing, in any format", async () => {
  const hostile = JSON.parse(
    JSON.stringify(plan)
      .replaceAll('"Name":"client"', `"Name":${JSON.stringify(HOSTILE)}`)
      .replaceAll("aws_instance.client", JSON.stringify(`aws_instance.${HOSTILE}`).slice(1, -1)),
  ) as unknown;
  const reviewed = review(readTopology(hostile), { name: HOSTILE, prices: PRICES });
  const { page, noise } = await open(reviewed);
  for (let i = 0; i < 20; i++) await page.keyboard.press("ArrowRight");
  expect(await page.title()).toContain("<script>");
  expect(await page.locator("img").count()).toBe(0);
  expect(noise).toEqual([]);
  await page.close();
  expect(renderMarkdown(reviewed)).not.toMatch(/^[^`]*<script>/m);
  expect(renderTerminal(reviewed)).not.toContain("\u001b");
});

test("a page without anything to walk is whole", async () => {
  const { page, noise } = await open(
    review(readTopology({ format_version: "1.0" }), { name: "empty", prices: PRICES }),
  );
  expect(await page.textContent("main")).toContain("nothing to walk here: no Gateway Load Balancer endpoint is in it.");
  expect(noise).toEqual([]);
  await page.close();
});

/** WCAG 2.2's contrast ratio of two `rgb(r, g, b)` colours. */
function contrast(one: string, other: string): number {
  const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

function luminance(colour: string): number {
  const [r = 0, g = 0, b = 0] = (colour.match(/[\d.]+/g) ?? []).map((part) => {
    const share = Number(part) / 255;
    return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
