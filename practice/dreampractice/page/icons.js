// The page's own small drawings, so that it looks the same whatever fonts a machine has.

const PATHS = {
  plus: "M12 4v16M4 12h16",
  close: "M6 6l12 12M18 6L6 18",
  eye: "M2 12s3.600-6.500 10-6.500S22 12 22 12s-3.600 6.500-10 6.500S2 12 2 12zM12 9.300a2.700 2.700 0 1 1 0 5.400 2.700 2.700 0 0 1 0-5.400z",
  reply: "M9 6l-5 5 5 5M4 11h9a7 7 0 0 1 7 7",
  more: "M5 12h.01M12 12h.01M19 12h.01",
  bin: "M4 7h16M9 7V4.500h6V7M6.500 7l1 13h9l1-13M10 11v5.500M14 11v5.500",
  send: "M4 4l17 8-17 8 3-8-3-8zM7 12h8",
  menu: "M4 6h16M4 12h16M4 18h16",
  warn: "M12 3.500L22 20.500H2L12 3.500zM12 10v5M12 17.800v.01",
  file: "M6 3h8l5 5v13H6V3zM14 3v5h5",
  out: "M14 4h6v6M20 4l-9 9M11 6H5v13h13v-6",
  thread: "M6 4v8a4 4 0 0 0 4 4h9M15 12l4 4-4 4",
};

/** icon("plus") */
export function icon(name) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(space, "path");
  path.setAttribute("d", PATHS[name]);
  if (name === "more") path.setAttribute("stroke-width", "3.5");
  svg.append(path);
  return svg;
}
