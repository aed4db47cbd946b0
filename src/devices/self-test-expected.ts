import type { Losses } from './synthetic.ts';

/** What the self-test computes, in few numbers. */
export interface SelfTestValues {
  /** Of each step. */
  readonly losses: readonly Losses[];
  /**
   * The change of the parameters over all steps, seen from random directions (inner products with vectors of 1 and
   * -1): an error in any parameter shows in all of them.
   */
  readonly change: readonly number[];
}

/** What the self-test gives, by PyTorch in float64 (test/devices/reference tells how). */
export const expected: SelfTestValues = {
  losses: [
    {
      loss: 0.10318951252644509,
      reconstruction: 0.10318951252644509,
      kd: 0,
      fmd: 0,
    },
    {
      loss: 0.09469515345296824,
      reconstruction: 0.09469515345296824,
      kd: 0,
      fmd: 0,
    },
    {
      loss: 0.09820540644890502,
      reconstruction: 0.09820540644890502,
      kd: 0,
      fmd: 0,
    },
    {
      loss: 0.10184568293116264,
      reconstruction: 0.10184568293116264,
      kd: 0,
      fmd: 0,
    },
    {
      loss: 0.09803830050260975,
      reconstruction: 0.09803830050260975,
      kd: 0,
      fmd: 0,
    },
    {
      loss: 0.09768596047576449,
      reconstruction: 0.09768596047576449,
      kd: 0,
      fmd: 0,
    },
    {
      loss: 1.1527051577742353,
      reconstruction: 0.0872155066525611,
      kd: 0.3911638412863828,
      fmd: 18.96280997471519,
    },
    {
      loss: 1.1600985690426793,
      reconstruction: 0.093581798271197,
      kd: 0.41957908950821493,
      fmd: 18.812860878380356,
    },
  ],
  change: [
    0.393494813300862, 1.4865908362956692, -0.30313144046585866, -0.19680294996923858, -0.31549920450149443,
    -0.3097346571627536, -0.030185171373050122, -0.7720645277309935, -0.4198881458483992,
    -0.23302089165505588, -0.7104667886572328, -0.7711083471743959, -0.1456126466948023, -0.6940731604567569,
    0.6501855456119187, 0.637266848714661,
  ],
};
