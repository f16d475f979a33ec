/* Adds buttons that copy the TeX of a formula. The page can be read without them. */
(function () {
  "use strict";
  if (!navigator.clipboard) { return; }
  function add(where, text) {
    var button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = "Copy TeX";
    button.addEventListener("click", function () {
      navigator.clipboard.writeText(text).then(function () {
        button.textContent = "Copied";
        setTimeout(function () { button.textContent = "Copy TeX"; }, 1500);
      });
    });
    where.appendChild(button);
  }
  document.querySelectorAll(".formula[data-tex]").forEach(function (formula) {
    var frame = document.createElement("div");
    frame.className = "copyable";
    formula.replaceWith(frame);
    frame.appendChild(formula);
    add(frame, formula.dataset.tex);
  });
  document.querySelectorAll("details.tex").forEach(function (details) {
    add(details, details.querySelector("pre").textContent);
  });
}());
