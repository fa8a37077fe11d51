"use strict";

/** Seconds as they are read: 7.5, 31, 112. */
const seconds = (value) => String(Math.round(value * 10) / 10);

/** Seconds as a player shows them: 0:07.5, 1:52, 1:00:00.0. */
function clock(value, digits = 1) {
  const one = 10 ** digits;
  const parts = Math.round(value * one);
  const minutes = Math.floor(parts / (60 * one));
  const rest = ((parts % (60 * one)) / one).toFixed(digits).padStart(digits ? digits + 3 : 2, "0");
  const hours = Math.floor(minutes / 60);
  return hours ? `${hours}:${String(minutes % 60).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}
