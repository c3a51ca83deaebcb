(_rs_q._rs_a.is_all OR array_contains(_rs_q._rs_among, _rs_c._rs_id)) AND (_rs_c._rs_available OR _rs_q._rs_a.unavailable)
