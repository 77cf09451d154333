"""Files of stock movements (进销存文件): their columns, their cells, and what is wrong with them."""
