greatest(least(round(round(list_inner_product(_rs_c._rs_vector, _rs_q._rs_vector) * $score_steps)$times), 2e9), -2e9)
