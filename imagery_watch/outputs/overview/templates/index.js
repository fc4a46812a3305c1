(function () {
  "use strict";
  var box = document.getElementById("filter");
  var only = document.getElementById("only");
  var told = document.getElementById("shown");
  var rows = Array.prototype.slice.call(document.querySelectorAll("#airfields-table tbody tr"));
  var texts = rows.map(function (row) { return row.textContent.toLowerCase(); });
  function apply() {
    var words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
    var shown = 0;
    rows.forEach(function (row, index) {
      var fits = words.every(function (word) { return texts[index].indexOf(word) >= 0; });
      row.hidden = !fits || (only.checked && row.dataset.rank === "3");
      shown += row.hidden ? 0 : 1;
    });
    told.textContent = shown + " of " + rows.length + " airfields are shown";
  }
  box.addEventListener("input", apply);
  only.addEventListener("change", apply);
  document.getElementById("find").hidden = false;
  apply();
}());
