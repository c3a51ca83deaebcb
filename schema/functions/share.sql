-- How popular an item is beside the most popular: from -1, chosen by nobody, to 1.
coalesce(2e0 * ln(1e0 + greatest(coalesce($preference, 0), 0))
    / nullif((SELECT ln(1e0 + max(_rs_m.$preference)) FROM $items AS _rs_m), 0e0) - 1e0, 0e0)
