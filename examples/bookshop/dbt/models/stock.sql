-- Today's stock, as it lies beside the store.
select isbn, on_hand
from read_csv('{{ env_var("STOCK", "../stock.csv") }}', types = {'isbn': 'VARCHAR', 'on_hand': 'INTEGER'})
