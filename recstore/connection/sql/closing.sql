SET autoinstall_known_extensions = false;
SET autoload_known_extensions = false;
SET memory_limit = '2GB';
SET enable_external_access = false;
