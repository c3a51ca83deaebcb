round($number)
