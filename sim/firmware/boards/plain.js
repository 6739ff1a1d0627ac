// Boards with nothing but what all have.

(function (w) {
  // include "boards/buttons.js"
  // include "boards/happenings.js"
})
