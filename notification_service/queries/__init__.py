"""Named SELECTs; what belongs to a person is read through `…_visible_to`."""
