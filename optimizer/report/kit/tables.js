// Tables of class "sort": a click on a column's head sorts by it, another one the other way round.
"use strict";

addEventListener("click", (event) => {
  const head = event.target.closest("table.sort thead th");
  if (!head) return;
  const heads = [...head.parentNode.children], column = heads.indexOf(head);
  const down = head.getAttribute("aria-sort") === "ascending";
  heads.forEach((other) => other.removeAttribute("aria-sort"));
  head.setAttribute("aria-sort", down ? "descending" : "ascending");
  const value = (row) => {
    const text = row.children[column] ? row.children[column].textContent.trim() : "";
    const figure = parseFloat(text.replace(/[$,]/g, ""));
    return head.classList.contains("n") && !Number.isNaN(figure) ? figure : text;
  };
  const body = head.closest("table").tBodies[0];
  const rows = [...body.rows].filter((row) => !row.classList.contains("sum"));
  rows.sort((a, b) => {
    const [one, other] = [value(a), value(b)];
    const order = typeof one === typeof other ? (one < other ? -1 : one > other ? 1 : 0) : typeof one === "number" ? -1 : 1;
    return down ? -order : order;
  });
  const last = body.querySelector("tr.sum");
  rows.forEach((row) => body.insertBefore(row, last));
});
