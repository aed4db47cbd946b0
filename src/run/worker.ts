import { executeRun } from '../stages/run.ts';
import { serve } from './serve.ts';

serve(executeRun);
